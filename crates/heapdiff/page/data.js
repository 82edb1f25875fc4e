// Loads documents: embedded in the report, over HTTP in the panel. What a document means is its reader's business.

/** @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * The document at a relative URL: an object, or the SVG's text of a flame graph.
 * @param {string} url
 * @param {AbortSignal} [signal]
 */
export function load(url, signal) {
  const embedded = document.querySelector(`script[data-url="${CSS.escape(url)}"]`);
  if (!embedded) return fetched(url, signal);
  if (!loaded.has(url)) {
    loaded.set(url, inflated(embedded.textContent).then((text) => (isGraph(url) ? text : JSON.parse(text))));
  }
  return loaded.get(url);
}

const isGraph = (url) => url.startsWith("api/flamegraph");

async function inflated(base64) {
  const binary = atob(base64.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).text();
}

async function fetched(url, signal) {
  const response = await ask(url, { signal });
  return isGraph(url) ? response.text() : response.json();
}

/** A request that failed, with the reason that the panel gave. */
export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** `fetch`, but an answer that is no success is thrown as a `Failure` that says why. */
export async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "the panel does not answer; is it still running?");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Failure(response.status, body.error ?? `the panel answered ${response.status}`);
}
