// A passkey speaks to a script only. Before the form is sent the browser makes or shows the
// key, and what it says goes with the form. Where that fails the form goes without it, and
// the page says what to do.
"use strict";
{
  const asked = document.querySelector("[data-passkey]");
  const form = document.getElementById("f");
  const said = form.elements.namedItem("credential");
  form.addEventListener("submit", async (event) => {
    if (said.value) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      const options = JSON.parse(asked.dataset.options).publicKey;
      const key = asked.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      said.value = JSON.stringify(key.toJSON());
    } catch {
      said.value = "-";
    }
    form.submit();
  });
}
