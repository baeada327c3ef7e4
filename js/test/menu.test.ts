// The menu that keeps and shares: opened and walked by keyboard, files asked of Python, what a page without it still has.
import { expect, test, vi } from "vitest";
import type { Export } from "../src/kernel/protocol";
import { named, painted, show } from "./harness";

const items = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>('[role="menuitem"]')];
const press = (on: Element, key: string) =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const told = (root: ParentNode) => root.querySelector(".whylight-menu-told")!.textContent;

function opened(name: string, more = {}) {
  const shown = show(name, more);
  const button = named<HTMLButtonElement>(shown.root, "Keep and share");
  if (shown.root.ownerDocument.activeElement !== button) button.focus();
  press(button, "ArrowDown");
  return { ...shown, button };
}

function saved() {
  const files: { name: string; blob: Blob }[] = [];
  let made: Blob;
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    made = blob as Blob;
    return "blob:made";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    files.push({ name: this.download, blob: made });
  });
  return files;
}

test("arrows, Home and End walk through it, Escape gives the focus back", async () => {
  const { root, button } = opened("image");
  await painted();
  const all = items(root);
  expect(all.map((item) => item.getAttribute("aria-label"))).toEqual([
    ...["PNG", "PNG 2×", "PNG 3×", "SVG", "PDF", "HTML", "CSV", "NPZ", "JSON"].map((kind) => `Save ${kind}`),
    "Copy picture",
    "Copy as Python",
    "Copy link to the description of the method",
  ]);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).toBe(all[0]);
  press(all[0]!, "ArrowUp");
  expect(document.activeElement).toBe(all.at(-1));
  press(all.at(-1)!, "ArrowDown");
  press(all[0]!, "ArrowRight");
  expect(document.activeElement).toBe(all[1]);
  press(all[1]!, "End");
  press(all.at(-1)!, "Escape");
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute("aria-expanded")).toBe("false");
});

test("a file is asked of Python, saved under its name, and what went wrong is said", async () => {
  const files = saved();
  const { model, root, button } = opened("image");
  items(root)[1]!.click();
  const [wish] = model.sent.filter((message) => (message as Export).kind === "export") as Export[];
  expect(wish).toMatchObject({ kind: "export", format: "png", scale: 2 });
  const reply = { v: 1, kind: "export", id: wish!.id, name: "explanation.png", missing: "" };
  model.emit("msg:custom", reply, [new DataView(new Uint8Array([7, 8]).buffer)]);
  await painted();
  expect(files.map(({ name, blob }) => [name, blob.size, blob.type])).toEqual([
    ["explanation.png", 2, "image/png"],
  ]);
  expect(told(root)).toBe("Saved explanation.png");

  press(button, "ArrowDown");
  items(root)[3]!.click();
  const last = model.sent.at(-1) as Export;
  model.emit("msg:custom", { ...reply, id: last.id, missing: "There is no answer yet to save" }, []);
  await painted();
  expect(told(root)).toBe("There is no answer yet to save");
  expect(files).toHaveLength(1);
});

test("a page without Python offers what it has: the picture, and the numbers place by place", async () => {
  const files = saved();
  const { host, root, button } = opened("image");
  press(items(root)[0]!, "Escape");
  host.classList.add("jupyter-widgets-disconnected");
  await painted();
  press(button, "ArrowDown");
  const names = items(root).map((item) => item.textContent);
  expect(names).toEqual(["PNG", "CSV", "JSON", "Picture", "Place in the docs"]);
  items(root)[1]!.click();
  await painted();
  const lines = (await files[0]!.blob.text()).trim().split("\n");
  expect(lines.slice(0, 2)).toEqual(["row,column,attribution", expect.stringMatching(/^0,0,-?[\d.e-]+$/)]);
  const [last = ""] = lines.slice(-1);
  const [row, column] = last.split(",").map(Number);
  expect((row! + 1) * (column! + 1)).toBe(lines.length - 1);
});
