// Lists to choose deliveries by: of one state or endpoint, or of all. The empty string stands for all.

import type { WebhookData } from '@plantain/client';
import { Choice } from '../../parts/form/choice.tsx';
import type { ControlNames } from '../../parts/form/field.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import type { DeliveryState } from './delivery-badge.tsx';
import { webhooksWords } from './words.ts';

export function StateChoice<State extends DeliveryState>({
  states,
  ...rest
}: Partial<ControlNames> & {
  states: readonly State[];
  value: State | '';
  onChange: (state: State | '') => void;
}) {
  const say = useWords(webhooksWords);
  const sayControl = useWords(controlWords);
  return (
    <Choice
      {...rest}
      options={[['', sayControl('all')], ...states.map((state) => [state, say(state)] as const)]}
    />
  );
}

export function EndpointChoice({
  endpoints,
  ...rest
}: Partial<ControlNames> & {
  endpoints: readonly WebhookData[];
  /** Id of an endpoint. */
  value: string;
  onChange: (id: string) => void;
}) {
  const sayControl = useWords(controlWords);
  return (
    <Choice
      {...rest}
      options={[['', sayControl('all')], ...endpoints.map(({ webhook_id: id, url }) => [id, url] as const)]}
    />
  );
}
