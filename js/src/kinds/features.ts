// Rows.
import { features } from "../views/features";
import { registerKind } from "../views/kind";

registerKind(features);
