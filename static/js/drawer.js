// @ts-check
// The menu on a phone. Without this module it is the link's :target; here it leaves no trace in the history.

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-drawer-open]")) {
      event.preventDefault();
      location.replace("#side");
      focusOn("[data-drawer-close]");
    } else if (target.closest("[data-drawer-close]")) {
      event.preventDefault();
      close();
    }
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#side") close();
  });
}

function close() {
  location.replace("#");
  focusOn("[data-drawer-open]");
}

/** @param {string} selector of a link or a button */
function focusOn(selector) {
  /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
}
