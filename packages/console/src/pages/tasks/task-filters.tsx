// The filters of the list. The server applies them, and the address has them.

import { useCallback, useEffect, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { Icon } from '../../parts/icon.tsx';
import { InputField } from '../../parts/form/input-field.tsx';
import { SearchField } from '../../parts/form/search-field.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { failureNames, failureTypes } from '../../words/failure-names.ts';
import { useWords } from '../../words/words.ts';
import type { Filter } from '../../live/filter.ts';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { actions, isTaskId, maxSearchCharacters, readMetadata, states, writeMetadata } from './filter.ts';
import { tasksWords } from './words.ts';
import { useLatest } from '../../use-latest.ts';

/** Pause in typing after which the search starts. */
const typingMs = 300;

const times = [
  { name: 'created_after', word: 'after' },
  { name: 'created_before', word: 'before' },
] as const;

type SetFilter = (name: string, value: string) => void;

export function TaskFilters({
  filter,
  query,
  onQuery,
}: {
  filter: Filter;
  /** Query of the address, with all filters as text. */
  query: URLSearchParams;
  onQuery: (query: URLSearchParams) => void;
}) {
  const say = useWords(tasksWords);
  const { search: _search, state, error_type: reason, model, action, ...rarer } = filter;
  const rarerCount = Object.keys(rarer).length;
  const count = rarerCount + [state, reason, model, action].filter((each) => each !== undefined).length;
  const [showsMore, setShowsMore] = useState(rarerCount > 0);
  const more = useId();
  // The search starts later than it is typed, and must not undo filters that were chosen meanwhile.
  const latest = useLatest(query);
  const set = useCallback<SetFilter>(
    (name, value) => {
      const next = new URLSearchParams(latest.current);
      if (value === '') next.delete(name);
      else next.set(name, value);
      if (name === 'state') next.delete('error_type');
      onQuery(next);
    },
    [onQuery],
  );
  return (
    <search className="task-filters">
      <Search search={query.get('search') ?? ''} set={set} />
      <Choices filter={filter} set={set} />
      <button
        type="button"
        className="button"
        aria-expanded={showsMore}
        aria-controls={more}
        onClick={() => setShowsMore(!showsMore)}
      >
        <Icon name="sliders" />
        {rarerCount === 0 ? say('filters') : say('filtersCount', { count: rarerCount })}
      </button>
      {count > 0 && (
        <button
          type="button"
          className="button bare task-clear"
          onClick={() => onQuery(new URLSearchParams([...query].filter(([name]) => name === 'search')))}
        >
          <Icon name="close" />
          {say('clear')}
        </button>
      )}
      <div id={more} className="task-filters-more" hidden={!showsMore}>
        {times.map(({ name, word }) => (
          <InputField
            key={name}
            label={say(word)}
            type="datetime-local"
            value={toField(filter[name] === undefined ? null : String(filter[name]))}
            onChange={(text) => set(name, String(fromField(text) ?? ''))}
          />
        ))}
        <Metadata value={writeMetadata(filter.metadata ?? {})} set={set} />
      </div>
    </search>
  );
}

function Search({ search, set }: { search: string; set: SetFilter }) {
  const say = useWords(tasksWords);
  const [, navigate] = useLocation();
  const [text, setText] = useState(search);
  // A space at the end is the beginning of the next word.
  useEffect(() => setText((typed) => (typed.trim() === search ? typed : search)), [search]);
  useEffect(() => {
    if (text.trim() === search) return;
    const timer = setTimeout(() => set('search', text.trim()), typingMs);
    return () => clearTimeout(timer);
  }, [text, search, set]);
  return (
    <form
      className="task-search"
      onSubmit={(event) => {
        event.preventDefault();
        if (isTaskId(text)) navigate(`/tasks/${text.trim().toLowerCase()}`);
        else set('search', text.trim());
      }}
    >
      <SearchField
        label={say('search')}
        hint={say('searchHint')}
        value={text}
        maxLength={maxSearchCharacters}
        onChange={setText}
      />
      {isTaskId(text) && (
        <button type="submit" className="button small">
          {say('openTask')}
        </button>
      )}
    </form>
  );
}

function Choices({ filter, set }: { filter: Filter; set: SetFilter }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const reason = useWords(failureNames);
  const { client } = useSession();
  const load = useCallback((signal: AbortSignal) => client.models({ signal }), [client]);
  const models = useLoad(load);
  const names = new Set(models.value?.models.map(({ name }) => name));
  // A link may have a model that is no longer served.
  if (filter.model !== undefined) names.add(filter.model);
  return (
    <>
      <Choice
        label={sayFact('state')}
        any={say('anyState')}
        value={filter.state}
        onChange={(value) => set('state', value)}
        options={states.map((state) => [state, sayFact(state)])}
      />
      {(filter.state === 'error' || filter.error_type !== undefined) && (
        <Choice
          label={say('reason')}
          any={say('anyReason')}
          value={filter.error_type}
          onChange={(value) => set('error_type', value)}
          options={failureTypes.map((type) => [type, reason(type)])}
        />
      )}
      <Choice
        label={sayFact('model')}
        any={models.error === undefined ? say('anyModel') : say('modelsMissing')}
        value={filter.model}
        onChange={(value) => set('model', value)}
        options={[...names].map((name) => [name, name])}
      />
      <Choice
        label={say('action')}
        any={say('anyAction')}
        value={filter.action}
        onChange={(value) => set('action', value)}
        options={actions.map((action) => [action, sayFact(action)])}
      />
    </>
  );
}

function Choice({
  label,
  any,
  value = '',
  options,
  onChange,
}: {
  label: string;
  /** Text of the option that filters nothing. */
  any: string;
  value: string | undefined;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}) {
  return (
    <select
      className="task-choice"
      aria-label={label}
      data-chosen={value !== ''}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    >
      <option value="">{any}</option>
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Field for metadata. It is applied when the Enter key is pressed or the field is left, not while it is typed. */
function Metadata({ value, set }: { value: string; set: SetFilter }) {
  const say = useWords(tasksWords);
  const [text, setText] = useState(value);
  const [isBad, setBad] = useState(false);
  const id = useId();
  useEffect(() => setText(value), [value]);
  function take(): void {
    const bad = text.trim() !== '' && readMetadata(text) === undefined;
    setBad(bad);
    if (!bad && text.trim() !== value) set('metadata', text.trim());
  }
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label htmlFor={id}>{say('metadata')}</label>
      <input
        id={id}
        value={text}
        placeholder={say('metadataHint')}
        spellCheck={false}
        aria-invalid={isBad}
        aria-describedby={isBad ? `${id}-bad` : undefined}
        onChange={({ target }) => setText(target.value)}
        onBlur={take}
      />
      {isBad && (
        <span id={`${id}-bad`} className="hint" role="alert">
          {say('metadataBad')}
        </span>
      )}
    </form>
  );
}
