// Offers the panel of the path where the input can be followed along one.
import { offersSteps } from "../../kernel/options";
import { isFollowable } from "../../views/kind";
import { registerPanel } from "../panel";
import { createPathPanel } from "./panel";

registerPanel(({ subject, feed, choices }, signal) => {
  if (!isFollowable(subject) || !offersSteps(choices)) return null;
  const { disclosure, draw } = createPathPanel(subject, feed, signal);
  return { disclosure, draw: ({ frame, path, state }, look) => draw(frame, path, look, state) };
});
