// Pictures of many channels.
import { channels } from "../views/channels";
import { registerKind } from "../views/kind";

registerKind(channels);
