// One row of features as signed bars, each beside its own value; small ones to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.

import { type Cell, createCellEditor } from "../editors/cell";
import type { FeaturesInput, Frame } from "../kernel/protocol";
import { own } from "../numbers";
import { isDiverging } from "../paint/palette";
import { featureScene, rangeOf } from "../scenes/features";
import { Bars } from "./bars";
import { featuresPathPoint } from "./features-path";
import type { AnswerDrawing, InputKind, OnChange, OnEdit, Subject, SubjectActions } from "./kind";
import { Sheet } from "./sheet";

export class FeaturesSubject implements Subject {
  readonly kind = "features";
  readonly input: FeaturesInput;

  constructor(input: FeaturesInput) {
    this.input = input;
  }

  answer({ change, edit }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, change, edit, signal);
  }

  tile(): AnswerDrawing {
    return createTile(this.input);
  }

  pathPoint() {
    return featuresPathPoint(this.input);
  }
}

export const features: InputKind<FeaturesInput> = {
  name: "features",
  read: (input) => new FeaturesSubject(input),
};

function createAnswer(
  input: FeaturesInput,
  change: OnChange,
  edit: OnEdit | undefined,
  signal: AbortSignal,
): AnswerDrawing {
  const editor = (column: number, done: () => void) => {
    const take = (value: Cell) => edit?.({ column, value });
    const levels = input.levels?.[String(column)];
    return createCellEditor(input.names[column]!, input.values[column] ?? null, levels, take, done);
  };
  const sheet = new Sheet(input, change, signal, edit && editor);
  const notes = input.values.map(own);
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = featureScene(input, frame, look, isDiverging(look.colormap), together);
    return sheet.draw({ ...scene, notes, frame }, look);
  };
  return { node: sheet.node, draw };
}

function createTile(input: FeaturesInput): AnswerDrawing {
  const bars = new Bars("Features");
  const notes = input.values.map(own);
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const sceneOf = (one: Frame | null) =>
      featureScene(input, one, look, isDiverging(look.colormap), together);
    const scene = sceneOf(frame);
    const scenes = together.map(sceneOf);
    const alone = look.scale === "own" || scene.scale.apart;
    const range = rangeOf(alone ? [scene] : [scene, ...scenes.filter(({ scale }) => !scale.apart)]);
    bars.draw({ ...scene, notes, range, ranked: scenes[0]?.items ?? scene.items }, look);
    return scene.scale;
  };
  return { node: bars.node, draw };
}
