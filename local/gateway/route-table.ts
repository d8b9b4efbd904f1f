/**
 * API Gateway's choice of a route, compiled once: paths without a greedy variable before those with
 * one, static segments before variables, a method before ANY, and `$default` when nothing matches.
 */

export interface RouteMatch<Target> {
  routeKey: string;
  target: Target;
  /** Decoded; absent when the route has no variables. */
  pathParameters?: Record<string, string>;
}

/** `undecodable` when a variable's part of the path is no valid percent-encoding. */
export type FindRoute<Target> = (
  method: string,
  path: string,
) => RouteMatch<Target> | "undecodable" | undefined;

interface CompiledRoute<Target> {
  routeKey: string;
  method: string;
  segments: { text: string; kind: "static" | "variable" | "greedy" }[];
  target: Target;
}

export const compileRoutes = <Target>(
  routes: readonly { routeKey: string; target: Target }[],
): FindRoute<Target> => {
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");
  const compiled = routes
    .filter((route) => route !== fallback)
    .map(compileRoute)
    .toSorted(byPrecedence);

  return (method, path) => {
    const parts = path.split("/").slice(1);
    for (const route of compiled) {
      if (route.method !== method && route.method !== "ANY") continue;
      if (!matches(route, parts)) continue;
      const { routeKey, target } = route;
      const pathParameters = readVariables(route, parts);
      if (pathParameters === "undecodable") return pathParameters;
      return { routeKey, target, ...(pathParameters && { pathParameters }) };
    }
    return fallback;
  };
};

const compileRoute = <Target>(route: {
  routeKey: string;
  target: Target;
}): CompiledRoute<Target> => {
  const [method = "", path = ""] = route.routeKey.split(" ");
  const segments = path
    .split("/")
    .slice(1)
    .map((text) => {
      const name = /^\{(.+?)(\+?)\}$/.exec(text);
      if (!name) return { text, kind: "static" as const };
      return { text: name[1] ?? "", kind: name[2] ? ("greedy" as const) : ("variable" as const) };
    });
  return { ...route, method, segments };
};

const rankOfKind = { static: 0, variable: 1, greedy: 2 };

const byPrecedence = <Target>(one: CompiledRoute<Target>, other: CompiledRoute<Target>): number => {
  const isGreedy = (route: CompiledRoute<Target>) =>
    Number(route.segments.at(-1)?.kind === "greedy");
  const byGreed = isGreedy(one) - isGreedy(other);
  if (byGreed !== 0) return byGreed;
  for (const [index, { kind }] of one.segments.entries()) {
    const otherKind = other.segments[index]?.kind;
    if (otherKind === undefined) return -1;
    if (kind !== otherKind) return rankOfKind[kind] - rankOfKind[otherKind];
  }
  // A greedy variable after a longer prefix has been found above; here the paths are alike.
  return Number(one.method === "ANY") - Number(other.method === "ANY");
};

const matches = <Target>({ segments }: CompiledRoute<Target>, parts: string[]): boolean => {
  const isGreedy = segments.at(-1)?.kind === "greedy";
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) return false;
  return segments.every(({ kind, text }, index) => {
    const part = parts[index] ?? "";
    return kind === "static" ? part === text : part !== "";
  });
};

const readVariables = <Target>(
  { segments }: CompiledRoute<Target>,
  parts: string[],
): Record<string, string> | "undecodable" | undefined => {
  let variables: Record<string, string> | undefined;
  for (const [index, { kind, text }] of segments.entries()) {
    if (kind === "static") continue;
    const sent = kind === "greedy" ? parts.slice(index).join("/") : (parts[index] ?? "");
    try {
      variables = { ...variables, [text]: decodeURIComponent(sent) };
    } catch {
      return "undecodable";
    }
  }
  return variables;
};
