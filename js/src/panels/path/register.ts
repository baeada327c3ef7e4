// Brings the panel of the path into a bundle.
// Knows nothing about inputs.
import { createPathPanel } from "./panel";
import { registerPathPanel } from "./registry";

registerPathPanel(createPathPanel);
