// Signals: a line per channel coloured by attribution, small ones to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.
import type { SignalInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { paintTraces } from "../paint/traces";
import type { Look } from "../scenes/look";
import { readSignal, type Signal, signalScene, strongestChannels } from "../scenes/signal/scene";
import { make } from "../ui/dom";
import { summaryText } from "../wording/signal";
import type { AnswerDrawing, InputKind, Subject, SubjectActions } from "./kind";
import { signalPathPoint } from "./signal-path";
import { Traces } from "./traces";

const COMMON = "common"; // the layout in which all channels have one scale

export class SignalSubject implements Subject {
  readonly kind = "signal";
  readonly signal: Signal;

  constructor(signal: Signal) {
    this.signal = signal;
  }

  answer({ select }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    const traces = new Traces(this.signal, select, signal);
    return {
      node: traces.node,
      draw: ({ frame, together, units }, look) => {
        const whole = { frame, together, ...(units !== undefined && { units }) };
        return traces.draw(whole, look);
      },
    };
  }

  tile(): AnswerDrawing {
    return createTile(this.signal);
  }

  pathPoint(signal: AbortSignal) {
    return signalPathPoint(this.signal, signal);
  }
}

export const signal: InputKind<SignalInput> = {
  name: "signal",
  details: { regions: "Windows" },
  layouts: { separate: "A scale per channel", [COMMON]: "One scale for all" },
  single: ({ names }) => names.length === 1,
  read: (input) => new SignalSubject(readSignal(input)),
};

const TILE = { width: 480, row: 44, rows: 6 };

function createTile(signal: Signal): AnswerDrawing {
  const rows = Math.min(TILE.rows, signal.names.length);
  const height = Math.max(96, TILE.row * rows);
  const node = make("canvas", { class: "whylight-tile-map", role: "img", width: TILE.width, height });
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look: Look) => {
    const scene = signalScene(signal, { frame, together }, look, isDiverging(look.colormap));
    const context = node.getContext("2d");
    if (context) {
      context.clearRect(0, 0, node.width, node.height);
      const each = height / rows;
      const shown = strongestChannels(scene, rows).map((channel, i) => ({
        channel,
        top: i * each,
        height: each,
      }));
      const region = {
        width: node.width,
        height,
        first: 0,
        last: signal.length,
        rows: shown,
        ratio: 1.6,
        named: signal.names.length > 1,
      };
      paintTraces(context, { ...scene, common: look.view === COMMON }, region, look);
    }
    node.setAttribute("aria-label", summaryText(scene).replace(/^Attribution over a signal/, "Small map"));
    return scene.scale;
  };
  return { node, draw };
}
