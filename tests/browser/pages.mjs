// The golden pages in a real Chromium, under the policy that they are served with: light and dark, phone and desktop.
//
//   node tests/browser/pages.mjs [--pictures DIR] [NAME...]
//
// Looks for what a golden text cannot show: something blocked by the policy, a page wider than its window, text too faint to
// read (WCAG 1.4.3), a field without a label, a target too small for a thumb. With --pictures it leaves a PNG of each, to be
// looked at. Ends with status 1 when it found something, each finding on a line of its own.
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const TYPES = { css: 'text/css', svg: 'image/svg+xml', js: 'text/javascript', ico: 'image/vnd.microsoft.icon' };
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } };

// Serves goldens as NAME, and static files under any hash.
function serve() {
  const server = createServer((req, res) => {
    const path = new URL(req.url, 'http://localhost').pathname;
    const file = /^\/static\/([a-z0-9-]+)\.\w+\.(\w+)$/.exec(path);
    try {
      if (file) {
        const body = readFileSync(join(ROOT, 'ui/static', `${file[1]}.${file[2]}`));
        res.writeHead(200, { 'content-type': TYPES[file[2]], 'x-content-type-options': 'nosniff' }).end(body);
      } else {
        const body = readFileSync(join(ROOT, 'tests/golden/pages', `${path.slice(1)}.html`));
        res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY }).end(body);
      }
    } catch {
      res.writeHead(404).end();
    }
  });
  return new Promise((ok) => server.listen(0, '127.0.0.1', () => ok(server)));
}

// Runs in the page. Gives a list of findings.
function look() {
  const found = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`${wide} px wider than the window`);
  if (!document.documentElement.lang || !document.title) found.push('no language or no title');
  if (document.querySelectorAll('h1').length !== 1) found.push('not exactly one h1');
  if (document.querySelectorAll('main').length !== 1) found.push('not exactly one main');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  if (new Set(ids).size !== ids.length) found.push('an id twice');

  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible';
  for (const e of document.querySelectorAll('input:not([type=hidden])'))
    if (![...e.labels].some((l) => l.textContent.trim())) found.push(`no label: ${e.name}`);
  for (const e of document.querySelectorAll('button, input:not([type=hidden]), .button, summary')) {
    const box = e.getBoundingClientRect();
    if (shown(e) && Math.min(box.width, box.height) < 24) found.push(`too small to hit: ${e.outerHTML.slice(0, 60)}`);
  }
  for (const e of document.querySelectorAll('a, button, summary'))
    if (!(e.textContent.trim() || e.ariaLabel)) found.push(`no name: ${e.outerHTML.slice(0, 60)}`);

  const rgb = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || !shown(e)) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.add(`contrast ${ratio.toFixed(2)}: ${e.tagName.toLowerCase()}.${e.className} ${n.data.trim().slice(0, 30)}`);
  }
  return [...found, ...faint];
}

export async function lookAtPages(browser, { pictures, names } = {}) {
  const server = await serve();
  const base = `http://127.0.0.1:${server.address().port}`;
  const all = readdirSync(join(ROOT, 'tests/golden/pages')).map((f) => f.replace(/\.html$/, '')).sort();
  const found = [];
  if (pictures) mkdirSync(pictures, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce', deviceScaleFactor: 1 });
      const page = await context.newPage();
      let where;
      const add = (what) => found.push(`${where}: ${what}`);
      page.on('console', (m) => ['error', 'warning'].includes(m.type()) && add(m.text()));
      page.on('pageerror', (e) => add(String(e)));
      page.on('dialog', (d) => { add(`a dialog: ${d.message()}`); d.dismiss(); });
      for (const name of names?.length ? names : all) {
        where = `${name} (${size}, ${colorScheme})`;
        await page.goto(`${base}/${name}`);
        (await page.evaluate(look)).forEach(add);
        if (pictures) await page.screenshot({ path: join(pictures, `${name}.${size}.${colorScheme}.png`), fullPage: true });
      }
      await context.close();
    }
  }
  server.close();
  return { found, pages: (names?.length ? names : all).length };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { chromium } = await import('playwright-core');
  const args = process.argv.slice(2);
  const pictures = args[0] === '--pictures' ? args.splice(0, 2)[1] : undefined;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  const { found, pages } = await lookAtPages(browser, { pictures, names: args });
  await browser.close();
  for (const f of found) console.error(f);
  console.log(`${pages} pages, ${found.length} findings`);
  process.exitCode = found.length ? 1 : 0;
}
