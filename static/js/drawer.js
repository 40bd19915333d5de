// @ts-check
// The menu on a phone. Without this module it is the link's :target; here it leaves no trace in the history.

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-drawer-open]")) {
      event.preventDefault();
      location.replace("#side");
      document.querySelector("[data-drawer-close]")?.focus();
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
  document.querySelector("[data-drawer-open]")?.focus();
}
