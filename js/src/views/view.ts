// Chooses the view for an input and feeds it scenes: picture, text or features, each with its legend.
// Knows nothing about traits, messages or controls.

import type { Tensor } from "../kernel/decode";
import type { FeaturesInput, Frame, TableInput, TextInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { pictureScene, textScene, unitOf, type ViewOptions } from "../scenes/items";
import type { Scale } from "../scenes/scale";
import { make } from "../ui/dom";
import { createLegend } from "../ui/legend";
import type { Pick } from "../ui/word-brush";
import { Heatmap } from "./heatmap";
import { type Change, createFeatures, createTable } from "./table";
import { Tokens } from "./tokens";

export type Subject =
  | { kind: "image"; photo: Tensor }
  | TextInput
  | FeaturesInput
  | (TableInput & { cells: Tensor });

/** What has one answer to compare and one path to follow. */
export type OneInput = Exclude<Subject, { kind: "table" }>;

export interface View {
  node: HTMLElement;
  /** Frames shown `together` with it, the frame itself first, may share its colour scale, which is returned. */
  draw(frame: Frame | null, options: ViewOptions, dark: boolean, together: Frame[]): Scale;
}

type Pin = (numbers: number[]) => void;

export function createView(subject: Subject, change: Change, pick: Pick, signal: AbortSignal): View {
  if (subject.kind === "image") return pictureView(subject.photo, (pixel) => change({ pixel }), signal);
  if (subject.kind === "text") return textView(subject, pick, signal);
  return tableView(
    subject.kind === "table"
      ? createTable(subject, subject.cells, change, signal)
      : createFeatures(subject, change, signal),
  );
}

function pictureView(photo: Tensor, pin: Pin, signal: AbortSignal): View {
  const legend = createLegend("up");
  const heatmap = new Heatmap(make("div", { class: "whylight-aside" }, legend.node), pin, signal);
  const draw: View["draw"] = (frame, options, dark, together) => {
    const scene = pictureScene(photo, frame, options, isDiverging(options.colormap), together);
    heatmap.draw(scene, { ...options, dark });
    legend.draw(scene.scale, options.colormap, dark, unitOf(scene.meta));
    return scene.scale;
  };
  return { node: heatmap.node, draw };
}

function textView(input: TextInput, pick: Pick, signal: AbortSignal): View {
  const tokens = new Tokens(input, pick, signal);
  const legend = createLegend("right");
  const draw: View["draw"] = (frame, options, dark, together) => {
    const scene = textScene(input, frame, options, isDiverging(options.colormap), together);
    tokens.draw(scene, { ...options, dark }, options.selection);
    legend.draw(scene.scale, options.colormap, dark, scene.unit);
    return scene.scale;
  };
  return { node: make("div", { class: "whylight-view" }, legend.node, tokens.node), draw };
}

function tableView(table: ReturnType<typeof createFeatures>): View {
  const draw: View["draw"] = (frame, options, dark, together) =>
    table.draw(frame, { ...options, dark }, isDiverging(options.colormap), together);
  return { node: table.node, draw };
}
