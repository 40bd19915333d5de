// @ts-check
// Puts a menu (a popover) beside the button that opens it. Opening, closing and Escape are the browser's.

const GAP = 4;

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener(
    "toggle",
    (event) => {
      const menu = /** @type {HTMLElement} */ (event.target);
      if (!menu.matches(".menu[popover]") || /** @type {ToggleEvent} */ (event).newState !== "open") return;
      const button = document.querySelector(`[popovertarget="${menu.id}"]`);
      if (button && menu.id !== "account-menu") place(menu, button.getBoundingClientRect());
    },
    true, // toggle does not bubble
  );
}

/**
 * @param {HTMLElement} menu
 * @param {DOMRect} anchor
 */
export function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const below = anchor.bottom + GAP + height <= innerHeight;
  const top = below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - GAP - height);
  const left = Math.max(GAP, Math.min(anchor.left, innerWidth - width - GAP));
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
