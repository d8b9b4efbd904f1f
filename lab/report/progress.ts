/**
 * How far a long run has come. On a terminal it is one line that is drawn again in its place, and
 * is gone at the end; elsewhere, as in CI's log, it is a plain line for each step.
 */
import { renderBar } from "./bar.ts";
import { cut } from "./wrap.ts";

/** What is needed of process.stderr. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /**
   * Begins a step, of `weight` of the total, and so ends the one before it. Steps of one label may
   * differ in their detail: where each step would be a line, such steps share one.
   */
  begin(label: string, weight: number, detail?: string): void;
  /** Says what is being done within the step. */
  tell(detail: string): void;
  /** Ends the last step, and takes the bar away. */
  end(): void;
}

const barWidth = 24;
/** On a narrower terminal what is being done matters more than a bar. */
const columnsForBar = 60;
const redrawEveryMs = 1_000;

const toStartOfLine = "\r";
const clearToEndOfLine = "\x1b[K";
const colour = { on: "\x1b[36m", off: "\x1b[39m" };

export const createProgress = (
  stream: ProgressStream,
  totalWeight: number,
  environment: NodeJS.ProcessEnv = process.env,
): Progress => {
  const startedAtMs = Date.now();
  const isRedrawn = stream.isTTY === true && environment["TERM"] !== "dumb";
  // As https://no-color.org has it: any value but an empty one.
  const isColoured = (environment["NO_COLOR"] ?? "") === "";
  let doneWeight = 0;
  let stepWeight = 0;
  let label = "";
  let lastBegun = "";
  let timer: NodeJS.Timeout | undefined;

  const draw = (): void => {
    const share = totalWeight > 0 ? Math.min(1, doneWeight / totalWeight) : 0;
    const elapsedMs = Date.now() - startedAtMs;
    if (!isRedrawn) return void stream.write(`${describe(share, elapsedMs, label)}\n`);
    const line = renderLine({ share, elapsedMs, label }, stream.columns ?? 80, isColoured);
    stream.write(toStartOfLine + line + clearToEndOfLine);
  };

  const show = (text: string): void => {
    label = onOneLine(text);
    draw();
    if (!isRedrawn || timer !== undefined) return;
    // The time goes on within a step. It is no reason for the process to go on.
    timer = setInterval(draw, redrawEveryMs);
    timer.unref();
  };

  return {
    begin: (text, weight, detail) => {
      doneWeight += stepWeight;
      stepWeight = weight;
      if (isRedrawn) show(detail === undefined ? text : `${text}: ${detail}`);
      else if (text !== lastBegun) show(text);
      lastBegun = text;
    },
    tell: show,
    end: () => {
      clearInterval(timer);
      if (timer !== undefined) stream.write(toStartOfLine + clearToEndOfLine);
      timer = undefined;
    },
  };
};

interface State {
  share: number;
  elapsedMs: number;
  label: string;
}

/** The last column stays free: some terminals begin a new line once it is written. */
const renderLine = (
  { share, elapsedMs, label }: State,
  columns: number,
  isColoured: boolean,
): string => {
  const hasBar = columns >= columnsForBar;
  const left = columns - 1 - (hasBar ? barWidth + 1 : 0);
  const text = cut(describe(share, elapsedMs, label), left);
  return hasBar ? `${renderTrack(share, isColoured)} ${text}` : text;
};

/** Without colour the rest of the bar is dotted, so that its end is seen. */
const renderTrack = (share: number, isColoured: boolean): string => {
  const bar = renderBar(share, 1, barWidth);
  const rest = "·".repeat(barWidth - bar.length);
  return isColoured ? `${colour.on}${bar}${colour.off}${rest}` : bar + rest;
};

const describe = (share: number, elapsedMs: number, label: string): string =>
  `${String(Math.floor(share * 100)).padStart(3)}%  ${formatElapsed(elapsedMs)}  ${label}`;

const formatElapsed = (elapsedMs: number): string => {
  const seconds = Math.floor(elapsedMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** A name from elsewhere must not move the cursor. */
const onOneLine = (text: string): string => text.replace(/[\p{Control}\s]+/gu, " ").trim();
