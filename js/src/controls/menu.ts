// The menu that keeps and shares what is on show: files, copies, and where the method is described.
// Knows nothing about how files are made.
import type { Files, MadeFile } from "../kernel/files";
import type { Frame } from "../kernel/protocol";
import { icon, make, setText } from "../ui/dom";
import { placeFloating } from "../ui/list/floating";
import { localFile } from "./local-files";

export interface Menu {
  node: HTMLElement;
  /** What is on show, and whether Python can be asked. */
  sync(frame: Frame | null, reachable: boolean): void;
}

interface Item {
  label: string;
  name: string;
  run(): Promise<string>;
  /** Whether a page without Python can do it. */
  local: boolean;
}

const TYPES: Record<string, string> = {
  png: "image/png",
  svg: "image/svg+xml",
  pdf: "application/pdf",
  html: "text/html",
};

export function createMenu(files: Files, canvas: () => HTMLCanvasElement | null, signal: AbortSignal): Menu {
  let [frame, reachable] = [null as Frame | null, true];
  const button = make(
    "button",
    {
      type: "button",
      class: "whylight-button whylight-more",
      "aria-label": "Keep and share",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      title: "Keep and share",
    },
    icon("more"),
  );
  const told = make("span", { class: "whylight-menu-told", "aria-live": "polite" });
  const list = make("div", {
    class: "whylight-list whylight-menu",
    role: "menu",
    "aria-label": "Keep and share",
    hidden: true,
  });
  if ("showPopover" in HTMLElement.prototype) list.setAttribute("popover", "manual");
  const node = make("div", { class: "whylight-keep" }, told, button, list);

  const blobOf = async (format: string, scale?: number): Promise<{ name: string; blob: Blob }> => {
    const own = reachable ? null : localFile(format, frame, canvas());
    if (own) return { name: `explanation.${format}`, blob: await own };
    const { name, bytes }: MadeFile = await files.ask(format, scale);
    return { name, blob: new Blob([bytes], { type: TYPES[format] ?? "application/octet-stream" }) };
  };
  const file = (label: string, format: string, scale?: number): Item => ({
    label,
    name: `Save ${label}`,
    local: ["png", "csv", "json"].includes(format) && (scale ?? 1) === 1,
    run: async () => {
      const { name, blob } = await blobOf(format, scale);
      download(name, blob);
      return `Saved ${name}`;
    },
  });
  const groups: [string, Item[]][] = [
    [
      "Picture",
      [
        file("PNG", "png"),
        file("PNG 2×", "png", 2),
        file("PNG 3×", "png", 3),
        file("SVG", "svg"),
        file("PDF", "pdf"),
      ],
    ],
    ["Page", [file("HTML", "html")]],
    ["Numbers", [file("CSV", "csv"), file("NPZ", "npz"), file("JSON", "json")]],
    [
      "Copy",
      [
        {
          label: "Picture",
          name: "Copy picture",
          local: true,
          run: () => copyPicture(blobOf("png", 2).then(({ blob }) => blob)),
        },
        {
          label: "Python",
          name: "Copy as Python",
          local: false,
          run: async () => copy(new TextDecoder().decode((await files.ask("py")).bytes)),
        },
        {
          label: "Place in the docs",
          name: "Copy link to the description of the method",
          local: true,
          run: () => copy(`Whylight documentation, docs/methods.md#${frame?.meta.method ?? ""}`),
        },
      ],
    ],
  ];

  let items: HTMLElement[] = [];
  const shut = (focus: boolean) => {
    if (list.hidden) return;
    if (list.hasAttribute("popover")) list.hidePopover();
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (focus) button.focus({ preventScroll: true });
  };
  const act = async (item: Item) => {
    shut(true);
    setText(told, "One moment");
    setText(told, await item.run().catch((error: Error) => error.message));
    setTimeout(() => setText(told, ""), 6000);
  };
  const fill = () => {
    const rows = groups.map(([label, all]) => {
      const buttons = all
        .filter((item) => reachable || item.local)
        .map((item) => {
          const entry = make(
            "button",
            {
              type: "button",
              role: "menuitem",
              class: "whylight-menu-item",
              "aria-label": item.name,
              tabindex: -1,
            },
            item.label,
          );
          entry.addEventListener("click", () => void act(item), { signal });
          return entry;
        });
      const heading = make("span", { class: "whylight-menu-heading", "aria-hidden": "true" }, label);
      return buttons.length
        ? make(
            "div",
            { class: "whylight-menu-group", role: "group", "aria-label": label },
            heading,
            ...buttons,
          )
        : null;
    });
    list.replaceChildren(...rows.filter((row) => row !== null));
    items = [...list.querySelectorAll<HTMLElement>("[role=menuitem]")];
  };
  const open = (at: number) => {
    fill();
    list.hidden = false;
    if (list.hasAttribute("popover")) list.showPopover();
    placeFloating(list, button);
    list.style.left = `${Math.max(4, button.getBoundingClientRect().right - list.offsetWidth)}px`;
    button.setAttribute("aria-expanded", "true");
    items.at(at)?.focus({ preventScroll: true });
  };
  const keys = (event: KeyboardEvent) => {
    const at = items.indexOf(event.target as HTMLElement);
    const to = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: -1,
    }[event.key];
    if (to !== undefined) items.at(to % items.length)?.focus({ preventScroll: true });
    else if (event.key === "Escape") shut(true);
    else if (event.key === "Tab") return shut(false);
    else return;
    event.preventDefault();
  };
  button.addEventListener("click", () => (list.hidden ? open(0) : shut(true)), { signal });
  button.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      open(event.key === "ArrowDown" ? 0 : -1);
    },
    { signal },
  );
  list.addEventListener("keydown", keys, { signal });
  node.addEventListener(
    "focusout",
    (event) => {
      if (!node.contains(event.relatedTarget as Node | null)) shut(false);
    },
    { signal },
  );
  const sync: Menu["sync"] = (now, can) => {
    [frame, reachable] = [now, can];
    button.disabled = now === null;
  };
  return { node, sync };
}

function download(name: string, blob: Blob): void {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function copy(text: string): Promise<string> {
  if (!navigator.clipboard) throw new Error(`This page may not copy: ${text}`);
  await navigator.clipboard.writeText(text);
  return "Copied";
}

async function copyPicture(blob: Promise<Blob>): Promise<string> {
  if (!navigator.clipboard?.write) throw new Error("This page may not copy pictures; save one instead");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
  return "Copied";
}
