import { readdir, readFile } from "node:fs/promises";

export interface RunningProcess {
  pid: number;
  /** The program's file name, at most 15 characters. */
  command: string;
  /** The command line, its arguments joined by spaces. */
  line: string;
}

/** The processes whose command line has this text, from /proc: a bare machine has no `ps`. */
export const processesWith = async (text: string): Promise<RunningProcess[]> => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string): Promise<RunningProcess[]> => {
    try {
      const [line, command] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, "utf8"),
        readFile(`/proc/${pid}/comm`, "utf8"),
      ]);
      return [
        { pid: Number(pid), command: command.trim(), line: line.replaceAll("\0", " ").trim() },
      ];
    } catch {
      // It ended while we looked.
      return [];
    }
  };
  const processes = (await Promise.all(pids.map(read))).flat();
  return processes.filter((one) => one.line.includes(text));
};
