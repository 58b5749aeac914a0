// Each setting is saved when it is changed; what is wrong with it is said beside it.
import { $, post, text, words } from "/ask.js";

for (const box of document.querySelectorAll(".setting")) {
  const input = box.querySelector("input"), said = box.querySelector("output");
  input.addEventListener("change", async () => {
    try {
      const found = await post("/api/setting", { name: box.dataset.name, value: input.value });
      input.value = found.value;
      input.removeAttribute("aria-invalid"); said.className = "";
      text(said, `Saved. ${found.changed ? `The default is ${found.default || "nothing"}.` : "It is the default."}`);
    } catch (e) {
      input.setAttribute("aria-invalid", "true"); said.className = "wrong";
      text(said, words(e));
    }
  });
}

$("find").addEventListener("input", () => {
  const wanted = $("find").value.toLowerCase();
  for (const group of document.querySelectorAll("details")) {
    const boxes = [...group.querySelectorAll(".setting")];
    for (const box of boxes) box.hidden = !`${box.dataset.name} ${box.textContent}`.toLowerCase().includes(wanted);
    if (boxes.length) { group.hidden = boxes.every((box) => box.hidden); if (wanted) group.open = true; }
  }
});

$("address").addEventListener("click", async () => {
  try { text($("addresses"), (await post("/api/address")).addresses.join("\n")); } catch (e) { text($("addresses"), words(e)); }
});
