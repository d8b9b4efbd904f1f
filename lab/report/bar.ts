const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * A bar of block characters, as long as `value` is of `greatest`, to an eighth of a column. Nothing
 * has no bar, and what is more than nothing has at least an eighth.
 */
export const renderBar = (value: number, greatest: number, width: number): string => {
  if (!(value > 0) || !(greatest > 0)) return "";
  const share = Math.min(1, value / greatest);
  const length = Math.max(1, Math.round(share * width * 8));
  return "█".repeat(Math.floor(length / 8)) + eighths[length % 8]!;
};
