// Attributes of calls to upstreams: our own, or those of OpenTelemetry's conventions for generative AI, which may still change and so are
// chosen by OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/).

import type { SpanAttributes, SpanStart, Tracer } from '../core/tracer.ts';

type Conventions = Pick<Tracer, 'describeCall' | 'describeAnswer'>;

/** Names that the conventions have for providers, by our kinds of upstreams; others are named as they are here. */
const providers: Readonly<Record<string, string>> = { gemini: 'gcp.gemini' };

const own: Conventions = {
  describeCall: ({ upstream, upstreamModel, count }) => ({
    name: `call ${upstream}`,
    attributes: {
      'plantain.upstream': upstream,
      'plantain.upstream_model': upstreamModel,
      'plantain.count': count,
    },
  }),
  describeAnswer: ({ pictures }) => ({ 'plantain.pictures': pictures }),
};

/**
 * Chooses the conventions by the value of the variable, a list with commas between. `kinds` has the kind of each upstream by its name in the
 * settings.
 */
export function chooseConventions(
  optIn: string | undefined,
  kinds: ReadonlyMap<string, string>,
): Conventions {
  const chosen = (optIn ?? '').split(',').map((word) => word.trim());
  return chosen.includes('gen_ai_latest_experimental') ? generativeAi(kinds) : own;
}

function generativeAi(kinds: ReadonlyMap<string, string>): Conventions {
  return {
    describeCall(call): Pick<SpanStart, 'name' | 'attributes'> {
      const kind = kinds.get(call.upstream) ?? call.upstream;
      return {
        name: `generate_content ${call.upstreamModel}`,
        attributes: {
          ...own.describeCall(call).attributes,
          'gen_ai.operation.name': 'generate_content',
          'gen_ai.provider.name': providers[kind] ?? kind,
          'gen_ai.request.model': call.upstreamModel,
          'gen_ai.output.type': 'image',
          // The conventions leave it out where it is one.
          ...(call.count === 1 ? {} : { 'gen_ai.request.choice.count': call.count }),
          ...(call.seed === undefined ? {} : { 'gen_ai.request.seed': call.seed }),
        },
      };
    },
    describeAnswer({ pictures, usage }): SpanAttributes {
      const { input_tokens: input, output_tokens: output } = usage ?? {};
      return {
        'plantain.pictures': pictures,
        ...(input === undefined ? {} : { 'gen_ai.usage.input_tokens': input }),
        ...(output === undefined ? {} : { 'gen_ai.usage.output_tokens': output }),
      };
    },
  };
}
