/**
 * Replaces CloudFormation's intrinsic functions by values of this machine. Resolves only what it is
 * asked for, so that a template may hold resources that are not run here, and refuses by name what
 * it cannot resolve: a value made up would be found much later.
 */
import { localAccountId, localRegion } from "../local-account.ts";
import { LocalRunError } from "../local-run-error.ts";
import type { Assembly, Resource } from "./read-assembly.ts";
import { attributeOf, nameOf } from "./resource-names.ts";

export interface Resolver {
  /** The logical ids of the resources of a type, in the template's order. */
  idsOf(type: string): string[];
  /** Some properties of a resource, resolved. Those that are absent stay absent. */
  read<Properties>(logicalId: string, names: readonly (keyof Properties & string)[]): Properties;
  /** Any value of the template; `at` says in errors where it stands. */
  resolve(value: unknown, at: string): unknown;
}

export interface LocalValues {
  /** Address of the local gateway, for what the template calls the API's address. */
  gatewayEndpoint: string;
  /** Address of SNS and SQS, for the queues' URLs. Absent where there are none. */
  messagingEndpoint?: string;
}

type Intrinsic = (argument: never, at: string) => unknown;

export const createResolver = (assembly: Assembly, local: LocalValues): Resolver => {
  const { template, stackName } = assembly;

  const pseudoParameters: Record<string, string> = {
    "AWS::AccountId": localAccountId,
    "AWS::Region": localRegion,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": stackName,
    "AWS::StackId": `arn:aws:cloudformation:${localRegion}:${localAccountId}:stack/${stackName}/local`,
  };

  const resourceAt = (logicalId: string, at: string): Resource => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw failure(at, `there is no resource ${logicalId}`);
    return resource;
  };

  const scopeOf = (logicalId: string) => ({
    logicalId,
    stackName,
    gatewayEndpoint: local.gatewayEndpoint,
    messagingEndpoint: local.messagingEndpoint,
    property: (name: string) =>
      resolve(template.Resources[logicalId]?.Properties?.[name], `${logicalId}.Properties.${name}`),
  });

  const ref = (name: string, at: string): unknown => {
    const pseudo = pseudoParameters[name];
    if (pseudo !== undefined) return pseudo;
    const parameter = template.Parameters?.[name];
    if (parameter?.Default !== undefined) return parameter.Default;
    const resource = resourceAt(name, at);
    const value = nameOf(resource.Type, scopeOf(name));
    if (value === undefined) throw failure(at, `a Ref to ${name}, a ${resource.Type}`);
    return value;
  };

  const getAtt = (argument: string | [string, string], at: string): unknown => {
    const [name, attribute] = typeof argument === "string" ? splitOnce(argument, ".") : argument;
    const resource = resourceAt(name, at);
    const value = attributeOf(resource.Type, attribute, scopeOf(name));
    if (value === undefined) {
      throw failure(at, `the attribute ${attribute} of ${name}, a ${resource.Type}`);
    }
    return value;
  };

  const sub = (argument: string | [string, Record<string, unknown>], at: string): string => {
    const [text, variables] = typeof argument === "string" ? [argument, {}] : argument;
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, isLiteral: string, name: string) => {
      if (isLiteral) return `\${${name}}`;
      if (name in variables) return String(resolve(variables[name], at));
      return String(name.includes(".") ? getAtt(name, at) : ref(name, at));
    });
  };

  const intrinsics: Record<string, Intrinsic> = {
    Ref: ref,
    "Fn::GetAtt": getAtt,
    "Fn::Sub": sub,
    "Fn::Join": ([separator, parts]: [string, unknown], at: string) =>
      (resolve(parts, at) as unknown[]).join(separator),
    "Fn::Split": ([separator, text]: [string, unknown], at: string) =>
      String(resolve(text, at)).split(separator),
    "Fn::Select": ([index, list]: [number | string, unknown], at: string) => {
      const value = (resolve(list, at) as unknown[])[Number(index)];
      if (value === undefined) throw failure(at, `Fn::Select finds no entry ${index}`);
      return value;
    },
  };

  const resolve = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((entry, index) => resolve(entry, `${at}[${index}]`));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined && /^(Ref|Fn::.*)$/.test(first[0])) {
      const intrinsic = intrinsics[first[0]];
      if (intrinsic === undefined) throw failure(at, `${first[0]} is not known`);
      return intrinsic(first[1] as never, at);
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner, `${at}.${key}`)]));
  };

  return {
    idsOf: (type) =>
      Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type),
    read: <Properties>(logicalId: string, names: readonly (keyof Properties & string)[]) => {
      const { property } = scopeOf(logicalId);
      const read = names.map((name) => [name, property(name)] as const);
      return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Properties;
    },
    resolve,
  };
};

const failure = (at: string, problem: string): LocalRunError =>
  new LocalRunError("assembly", `The template's ${at} cannot be resolved here: ${problem}.`);

const splitOnce = (text: string, separator: string): [string, string] => {
  const index = text.indexOf(separator);
  return [text.slice(0, index), text.slice(index + separator.length)];
};
