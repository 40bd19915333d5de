// @ts-check
// What our modules call of htmx, which base.html loads before them.

/**
 * @typedef {object} Htmx
 * @property {(verb: string, path: string, context: {source: Element | string, target?: string, swap: string}) => Promise<void>} ajax
 * @property {(element: Element) => void} process
 * @property {(element: Element | string, event: string) => void} trigger
 */

export const htmx = /** @type {Window & {htmx: Htmx}} */ (/** @type {unknown} */ (window)).htmx;
