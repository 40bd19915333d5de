// @ts-check
// Light, dark, or as the system has it. The choice is a cookie, which the server writes into the page: nothing flashes.

const YEAR_S = 31_536_000;

/** @param {HTMLElement} root */
export function init(root) {
  const group = root.querySelector("[data-theme-switch]");
  if (!group) return;
  show(group, document.documentElement.dataset.theme ?? "");
  group.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${button.value}; Path=/; SameSite=Lax; Max-Age=${button.value ? YEAR_S : 0}${secure}`;
    if (button.value) document.documentElement.dataset.theme = button.value;
    else delete document.documentElement.dataset.theme;
    show(group, button.value);
  });
}

/**
 * @param {Element} group
 * @param {string} chosen
 */
function show(group, chosen) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
}
