// The card never lies about the kernel: busy, silent, cut off, restarted, shut down; and it recovers by itself.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PATIENCE } from "../src/kernel/link";
import { choose, named, show, status } from "./harness";

type Slot = (sender: unknown, value?: string) => void;

/** What JupyterLab's widget manager tells of its kernel. */
class Kernel {
  status = "idle";
  statusChanged = new Slots();
  connectionStatusChanged = new Slots();
  disposed = new Slots();

  become(now: string): void {
    this.status = now;
    this.statusChanged.emit(now);
  }
}

class Slots {
  all = new Set<Slot>();
  connect = (slot: Slot) => this.all.add(slot);
  disconnect = (slot: Slot) => this.all.delete(slot);
  emit = (value?: string) => {
    for (const slot of this.all) slot(this, value);
  };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const painted = () => pass(40);
const done = () => status({ state: "done" });

function shown(kernel?: Kernel) {
  const card = show("image", {}, kernel);
  return { ...card, said: () => card.root.querySelector(".whylight-readout")!.textContent };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("what was asked has no answer", () => {
  test("Python is asked whether it is there; then the card says that nobody answers, until somebody does", async () => {
    const { model, root, said } = shown();
    choose(named(root, "Baseline"), "white");
    await painted();
    expect(root.dataset.state).toBe("queued");
    expect(said()).toContain("Waiting for the kernel");
    await pass(PATIENCE);
    expect(model.pings).toBe(1);
    await pass(PATIENCE);
    expect(said()).toContain("No answer from the kernel yet");
    expect(said()).toContain("run the cell again");
    model.emit("msg:custom", done());
    await painted();
    expect(root.dataset.state).toBe("done");
    expect(said()).not.toContain("No answer");
    await pass(60_000);
    expect(model.pings).toBe(1);
  });

  test("a cell that runs is waited for, and only while one runs", async () => {
    const kernel = new Kernel();
    const { root, said } = shown(kernel);
    choose(named(root, "Baseline"), "white");
    kernel.become("busy"); // a moment, with what was asked
    await painted();
    expect(said()).toContain("Waiting for the kernel");
    await pass(300);
    expect(said()).toContain("Waiting for the running cell");
    await pass(10 * PATIENCE);
    expect(said()).toContain("Waiting for the running cell");
    kernel.become("idle");
    await painted();
    expect(said()).toContain("No answer from the kernel yet");
  });

  test("a run that falls silent is asked for, and goes on when it answers", async () => {
    const { model, said } = shown();
    model.emit("msg:custom", status({ state: "running", done: 1, total: 9 }));
    await pass(20_000);
    expect(model.pings).toBe(1);
    expect(said()).toContain("No answer from the kernel yet");
    model.emit("msg:custom", status({ state: "running", done: 2, total: 9 }));
    await painted();
    expect(said()).toContain("2 of 9 gradients");
  });
});

describe("the kernel is gone", () => {
  test.each([
    ["restarting", "The kernel was restarted: run the cell again"],
    ["autorestarting", "The kernel was restarted: run the cell again"],
    ["dead", "The kernel was shut down"],
  ])("%s", async (now, words) => {
    const kernel = new Kernel();
    const { root, said, model } = shown(kernel);
    kernel.become(now);
    kernel.become("starting");
    kernel.become("idle");
    await pass(10 * PATIENCE);
    expect(said()).toContain(words);
    expect(said()).toContain("The picture is the last one");
    expect(named<HTMLSelectElement>(root, "Baseline").disabled).toBe(true);
    expect(named<HTMLSelectElement>(root, "Color map").disabled).toBe(false);
    expect(model.pings).toBe(0);
    const sent = model.saved.length;
    choose(named(root, "Color map"), "gray");
    await painted();
    expect(model.get("colormap")).toBe("gray");
    expect(model.saved.length).toBe(sent); // there is nobody to send it to
  });

  test("shut down", async () => {
    const kernel = new Kernel();
    const { said } = shown(kernel);
    kernel.disposed.emit();
    await painted();
    expect(said()).toContain("The kernel was shut down");
  });

  test("restarted from elsewhere: one that starts is asked, and is another one if it does not answer", async () => {
    const kernel = new Kernel();
    const { model, said } = shown(kernel);
    kernel.become("starting");
    await pass(0);
    expect(model.pings).toBe(1);
    await pass(PATIENCE + 40);
    expect(said()).toContain("The kernel was restarted");
  });
});

test("a cut connection is said, and forgotten when it is back and Python answers", async () => {
  const kernel = new Kernel();
  const { model, said, root } = shown(kernel);
  kernel.connectionStatusChanged.emit("connecting");
  await painted();
  expect(said()).toContain("The connection to the kernel is lost");
  expect(named<HTMLSelectElement>(root, "Baseline").disabled).toBe(false);
  kernel.connectionStatusChanged.emit("connected");
  await pass(PATIENCE);
  expect(model.pings).toBe(1);
  model.emit("msg:custom", done());
  await painted();
  expect(said()).not.toContain("kernel");
});

test("a closed model listens to nothing", async () => {
  const kernel = new Kernel();
  const { closeModel, closeView, model } = shown(kernel);
  closeView();
  closeModel();
  expect(kernel.statusChanged.all.size + kernel.connectionStatusChanged.all.size).toBe(0);
  expect(model.listening).toBe(0);
});
