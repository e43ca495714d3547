// A real Chromium through playwright-core.
import { chromium } from 'playwright-core';
import { OWNER } from './daemon.mjs';

let browser;

export async function chrome() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  return browser;
}

export async function closeChrome() {
  await browser?.close();
  browser = undefined;
}

// A person: a browser context with its own cookies.
export async function person(t, options = {}) {
  const context = await (await chrome()).newContext(options);
  t.defer(() => context.close());
  return context;
}

// Opens the address a client asked for, signs in if asked, presses Allow, and comes back when the client's callback was reached.
export async function allow(context, url, { email, password } = OWNER, button = 'Allow') {
  const page = await context.newPage();
  const seen = [];
  page.on('framenavigated', (f) => seen.push(f.url()));
  await page.goto(String(url));
  if (await page.locator('input[name=password]').count()) {
    await page.fill('input[name=email]', email);
    await page.fill('input[name=password]', password);
    await page.locator('form:has(input[name=password]) button[type=submit]').click();
  }
  await page.getByRole('button', { name: button, exact: true }).waitFor();
  const text = await page.innerText('body');
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.waitForTimeout(300);
  return { page, consent: text, seen };
}
