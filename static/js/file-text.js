// @ts-check
// A file that is chosen is read into the text field that its data-reads-into names: it is sent as that field's text.

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("change", async (event) => {
    const chooser = /** @type {HTMLInputElement} */ (event.target);
    const field = document.getElementById(chooser.dataset?.readsInto ?? "");
    const file = chooser.files?.[0];
    if (field instanceof HTMLTextAreaElement && file) field.value = await file.text();
  });
}
