// Pictures of many channels.
import "../panels/path/offer";
import { channels } from "../views/channels";
import { registerKind } from "../views/kind";

registerKind(channels);
