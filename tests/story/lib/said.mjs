// What a refusal says to whoever reads it, without its id: on a page, in JSON, or in the address of a redirect.
const PAGE = [/<p class="lead">([^<]*)<\/p>/, /role="alert">([^<]*)</];

const plain = (s) => s.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');

export function said(r) {
  const location = r.headers.get('location');
  const words = location
    ? new URL(location).searchParams.get('error_description')
    : r.json?.error_description ?? PAGE.map((p) => p.exec(r.text)?.[1]).find((x) => x !== undefined);
  return words && plain(words).replace(/ \(why w[0-9a-z]{10}\)$/, '').trim();
}
