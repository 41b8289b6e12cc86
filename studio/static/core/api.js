/** Requests to the studio: JSON in and out, the guard's header, versions, errors as sentences. */

/** What the server answered instead of a result; `message` is one sentence. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status 412: the file was changed elsewhere; 0: no answer
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * An address with query parameters; undefined ones are left out.
 * @param {string} path
 * @param {Record<string, any>} [params]
 */
export function url(path, params = {}) {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  const query = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${path}?${query}` : path;
}

/**
 * @param {string} path
 * @param {Record<string, any>} [params]
 * @returns {Promise<any>}
 */
export const get = (path, params) => request("GET", url(path, params));

/**
 * @param {string} path
 * @param {any} [body]
 * @returns {Promise<any>}
 */
export const post = (path, body = {}) => request("POST", path, { body });

/**
 * Write a file of which we have a version.
 * @param {string} path
 * @param {any} body
 * @param {string} ifMatch the version that we have
 * @returns {Promise<any>}
 */
export const put = (path, body, ifMatch) => request("PUT", path, { body, ifMatch });

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export const remove = (path) => request("DELETE", path, { body: {} });

/**
 * Send a file; `path` starts with /api/upload/.
 * @param {string} path
 * @param {Blob} file
 * @returns {Promise<any>}
 */
export const upload = (path, file) => request("POST", path, { file });

/**
 * Ask for an image that depends on a JSON body.
 * @param {string} path
 * @param {any} body
 * @returns {Promise<{image: ImageBitmap, headers: Headers}>}
 */
export async function postForImage(path, body) {
  const response = await answer("POST", path, { body });
  if (!response.ok) throw await failure(response);
  return { image: await createImageBitmap(await response.blob()), headers: response.headers };
}

/**
 * The address of a thumbnail of an entry or image.
 * @param {string} id
 * @param {number} [side] longer side, px
 */
export const thumbnail = (id, side = 320) => url(`/api/thumbnail/${id}`, { side });

/**
 * Load an image that the server makes; errors are sentences as in `get`.
 * @param {string} path
 * @param {Record<string, any>} [params]
 * @returns {Promise<ImageBitmap>}
 */
export async function bitmap(path, params) {
  let response;
  try {
    response = await fetch(url(path, params));
  } catch {
    throw new ApiError("The studio does not answer: was it ended in the terminal?", 0);
  }
  if (!response.ok) {
    const value = await response.json().catch(() => null);
    throw new ApiError(sentence(value?.error ?? response.statusText), response.status);
  }
  return createImageBitmap(await response.blob());
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, file?: Blob, ifMatch?: string}} [options]
 */
async function request(method, path, options = {}) {
  const response = await answer(method, path, options);
  if (!response.ok) throw await failure(response);
  return response.json().catch(() => null);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, file?: Blob, ifMatch?: string}} options
 */
async function answer(method, path, { body, file, ifMatch }) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (method !== "GET") {
    headers["x-inkloop-studio"] = "1";
    headers["content-type"] = file ? "application/octet-stream" : "application/json";
  }
  if (ifMatch !== undefined) headers["if-match"] = `"${ifMatch}"`;
  try {
    return await fetch(path, { method, headers, body: file ?? (body && JSON.stringify(body)) });
  } catch {
    throw new ApiError("The studio does not answer: was it ended in the terminal?", 0);
  }
}

/** @param {Response} response */
async function failure(response) {
  const value = await response.json().catch(() => null);
  return new ApiError(sentence(value?.error ?? response.statusText), response.status);
}

/** @param {string} text */
function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
