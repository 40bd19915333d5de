// @ts-check
// Forms that a passkey fills in: [data-passkey] is "add", "use" or "sign-in". The browser asks its person; the answer goes into the
// form's hidden field, and the form is sent. What to ask for stands in the page, or is fetched from the form's address.

import { toast } from "./toast.js";

/** @param {HTMLElement} root */
export function init(root) {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (root.querySelectorAll("form[data-passkey]"))) {
    if (!("PublicKeyCredential" in window)) continue; // over plain http, or an old browser
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      if (field(form, "credential").value) return;
      event.preventDefault();
      fill(form).then(
        () => form.submit(),
        () => toast(form.dataset.failed ?? ""),
      );
    });
  }
}

/** @param {HTMLFormElement} form */
async function fill(form) {
  const options = await optionsOf(form);
  const made =
    form.dataset.passkey === "add"
      ? await navigator.credentials.create(creation(options.creation_options, field(form, "passwordless").checked))
      : await navigator.credentials.get(request(options.request_options));
  field(form, "credential").value = JSON.stringify(written(/** @type {PublicKeyCredential} */ (made)));
}

/** @param {HTMLFormElement} form */
async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options)?.textContent ?? "{}");
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/**
 * @param {any} options as the server writes them, with bytes in base64url
 * @param {boolean} isAlone whether it shall sign its person in without a password: then it has to know whose it is, and check them
 */
function creation(options, isAlone) {
  const asked = options.publicKey;
  const selection = { ...asked.authenticatorSelection, residentKey: isAlone ? "required" : "discouraged", requireResidentKey: isAlone };
  if (isAlone) selection.userVerification = "required";
  return {
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: (asked.excludeCredentials ?? []).map(known),
      authenticatorSelection: selection,
    },
  };
}

/** @param {any} options */
function request(options) {
  const asked = options.publicKey;
  return { publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: (asked.allowCredentials ?? []).map(known) } };
}

/** @param {any} credential */
function known(credential) {
  return { ...credential, id: bytes(credential.id) };
}

/** @param {PublicKeyCredential} credential */
function written(credential) {
  const response = /** @type {any} */ (credential.response);
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const texts = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  const transports = response.getTransports ? { transports: response.getTransports() } : {};
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...Object.fromEntries(texts), ...transports },
  };
}

/** @param {string} encoded base64url */
function bytes(encoded) {
  const letters = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const letters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
