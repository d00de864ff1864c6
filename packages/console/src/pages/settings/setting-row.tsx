// One setting: its name and what it is for; its value, where that came from, and the variable that changes it.

import type { SettingData } from '@plantain/client';
import { CopyButton } from '../../parts/form/copy-button.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { type Language, usePreferences } from '../../preferences.tsx';
import { useWords } from '../../words/words.ts';
import { explain, piecesOf } from './explain.ts';
import { amountOf, binarySize, showValue } from './shown-value.ts';
import { settingsWords } from './words.ts';

const pageTags: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

export function SettingRow({ setting }: { setting: SettingData }) {
  const say = useWords(settingsWords);
  const { language } = usePreferences();
  const { name, variable } = setting;
  const shown = setting.value === undefined ? undefined : showValue(setting.value);
  const explanation = explain(setting, language);
  return (
    <li className="setting">
      <div>
        <h3>
          <code>{name}</code>
        </h3>
        <p className="muted" lang={pageTags[explanation.language]}>
          {piecesOf(explanation.text).map((piece, index) =>
            // Pieces stay where they are, so their place names them.
            index % 2 === 1 ? <code key={`${index} ${piece}`}>{piece}</code> : piece,
          )}
        </p>
      </div>
      <div className="setting-state">
        <p className="setting-value">
          <Value of={setting} />
          <Source of={setting} />
        </p>
        <Default of={setting} />
        {variable === null ? (
          <p className="muted">{say('onlyInFile')}</p>
        ) : (
          <CopyButton text={variable} label={variable} />
        )}
      </div>
      {shown?.kind === 'long' && (
        <pre tabIndex={0} aria-label={name}>
          {shown.text}
        </pre>
      )}
    </li>
  );
}

function Value({ of: { name, value, is_hidden: isHidden } }: { of: SettingData }) {
  const say = useWords(settingsWords);
  const amountText = useAmountText();
  if (value === undefined) return <span className="muted">{say(isHidden ? 'hidden' : 'unset')}</span>;
  const shown = showValue(value);
  if (shown.kind === 'empty') return <span className="muted">{say('empty')}</span>;
  // A long one stands below, where there is room.
  if (shown.kind === 'long') return null;
  const amount = amountText(name, value);
  return (
    <>
      <code>{shown.text}</code>
      {amount !== undefined && <span className="muted">{amount}</span>}
    </>
  );
}

function Source({ of: { value, source, set_by: setBy } }: { of: SettingData }) {
  const say = useWords(settingsWords);
  // That nothing is set is said already.
  if (source === 'default') return value !== undefined && <span className="badge">{say('isDefault')}</span>;
  return (
    <span className="badge" data-state="good">
      {source === 'environment' ? say('byVariable') : say('byFile', { file: setBy ?? '' })}
    </span>
  );
}

/** Default of a setting that was set to something else. */
function Default({ of: { name, source, default: defaultValue } }: { of: SettingData }) {
  const say = useWords(settingsWords);
  const amountText = useAmountText();
  if (source === 'default' || defaultValue === undefined) return null;
  const shown = showValue(defaultValue);
  const value = shown.kind === 'empty' ? say('empty') : shown.text;
  const amount = amountText(name, defaultValue);
  return (
    <p className="muted">
      {amount === undefined ? say('defaultIs', { value }) : say('defaultIsAmount', { value, amount })}
    </p>
  );
}

/** A function that writes `5 days` or `64 MiB`; `undefined` for a value that is no such amount. */
function useAmountText(): (name: string, value: unknown) => string | undefined {
  const format = useFormat();
  const { language } = usePreferences();
  return (name, value) => {
    const amount = amountOf(name, value);
    if (amount === undefined) return undefined;
    return 'seconds' in amount
      ? format.duration(amount.seconds)
      : binarySize(amount.bytes, pageTags[language]);
  };
}
