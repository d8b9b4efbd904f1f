// The table of rooms (docs/architecture.md) as a check: who may import whom.
// A room that is not listed here fails, so a new room must first be given its place.

const rooms = {
  bin: ["lib", "contract", "inventory"],
  lib: ["contract"],
  contract: [],
  functions: ["contract", "inventory", "locks"],
  inventory: ["contract", "locks"],
  locks: [],
  // Its types are generated from the contract.
  client: [],
  local: [],
  // The simulator runs the consumers of the streams, whose rules are in functions/events.
  lab: ["contract", "functions/events", "inventory", "locks", "local"],
};

const allowedFrom = Object.entries(rooms).map(([room, others]) => ({
  name: `${room}-imports-only-its-neighbours`,
  comment: `${room}/ may import from ${others.join(", ") || "no other room"}.`,
  severity: "error",
  from: { path: `^${room}/` },
  to: {
    dependencyTypes: ["local"],
    pathNot: `^(${[room, ...others].join("|")})/`,
  },
}));

const everyRoom = [...Object.keys(rooms), "test"].join("|");

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...allowedFrom,
    {
      name: "every-folder-is-a-room",
      comment: "A new folder is first given its place in the table of rooms.",
      severity: "error",
      from: { path: "/", pathNot: `^(${everyRoom})/` },
      to: {},
    },
    {
      name: "inventory-takes-only-types-from-locks",
      severity: "error",
      from: { path: "^inventory/" },
      to: { path: "^locks/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "client-runs-on-web-standards",
      comment: "client/ runs in browsers and edge runtimes. Its only package is the signer.",
      severity: "error",
      from: { path: "^client/" },
      to: { dependencyTypesNot: ["local", "type-only"], pathNot: "node_modules/aws4fetch/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-cdk-at-run-time",
      severity: "error",
      from: { path: "^(contract|functions|inventory|locks)/" },
      to: { path: "node_modules/(aws-cdk-lib|constructs|cdk-nag)/" },
    },
    {
      name: "no-aws-sdk-in-the-stack",
      severity: "error",
      from: { path: "^(bin|lib|contract)/" },
      to: { path: "node_modules/@aws-sdk/" },
    },
    {
      name: "no-unresolvable-imports",
      severity: "error",
      from: {},
      // The package of this name is on npm for its types alone.
      to: { couldNotResolve: true, pathNot: "^aws-lambda$" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(cdk\\.out|\\.holdfast)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["node", "import", "types", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
