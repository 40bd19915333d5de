// @ts-check
// Where a phone has no room for all tabs, their row scrolls: the open one is in view.

/** @param {HTMLElement} root */
export function init(root) {
  for (const tab of root.querySelectorAll(".tabs [aria-current]")) {
    const row = /** @type {HTMLElement} */ (tab.closest(".tabs"));
    const [inner, outer] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}
