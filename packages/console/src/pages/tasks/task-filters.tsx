// What narrows the list: asked of the server, except for the search, which looks among what is loaded.

import { useCallback, useEffect, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { Icon } from '../../parts/icon.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { fromField, toField } from '../keys/expiry.ts';
import { actions, type Filter, isTaskId, readMetadata, states, writeMetadata } from './filter.ts';
import { tasksWords } from './words.ts';

export function TaskFilters({
  filter,
  query,
  onQuery,
}: {
  filter: Filter;
  /** The query of the address, where all of it is kept. */
  query: URLSearchParams;
  onQuery: (query: URLSearchParams) => void;
}) {
  const say = useWords(tasksWords);
  const count = Object.keys(filter).length;
  const [open, setOpen] = useState(count > 0 || matchMedia('(min-width: 48rem)').matches);
  function set(name: string, value: string): void {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    onQuery(next);
  }
  return (
    <search className="card stack">
      <Search search={query.get('q') ?? ''} onSearch={(text) => set('q', text)} />
      <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>{count === 0 ? say('filters') : say('filtersCount', { count })}</summary>
        <div className="task-filters">
          <Choices filter={filter} set={set} />
          <Time name="created_after" label={say('after')} value={filter.created_after} set={set} />
          <Time name="created_before" label={say('before')} value={filter.created_before} set={set} />
          <Metadata value={writeMetadata(filter.metadata ?? {})} set={set} />
          {count > 0 && (
            <button
              type="button"
              className="button"
              onClick={() => onQuery(new URLSearchParams([...query].filter(([name]) => name === 'q')))}
            >
              {say('clear')}
            </button>
          )}
        </div>
      </details>
    </search>
  );
}

function Search({ search, onSearch }: { search: string; onSearch: (text: string) => void }) {
  const say = useWords(tasksWords);
  const [, navigate] = useLocation();
  const id = useId();
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        if (isTaskId(search)) navigate(`/tasks/${search.trim().toLowerCase()}`);
      }}
    >
      <label htmlFor={id}>{say('search')}</label>
      <div className="task-search">
        <input
          id={id}
          type="search"
          value={search}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => onSearch(target.value)}
        />
        {isTaskId(search) && (
          <button type="submit" className="button primary">
            <Icon name="search" />
            {say('openTask')}
          </button>
        )}
      </div>
      <span className="hint" id={`${id}-hint`}>
        {say('searchHint')}
      </span>
    </form>
  );
}

type Set = (name: string, value: string) => void;

function Choices({ filter, set }: { filter: Filter; set: Set }) {
  const say = useWords(tasksWords);
  const common = useWords(commonWords);
  const { client } = useSession();
  const load = useCallback((signal: AbortSignal) => client.models({ signal }), [client]);
  const models = useLoad(load);
  const names = new Set(models.value?.models.map(({ name }) => name));
  // A link may have a model that is no longer served.
  if (filter.model !== undefined) names.add(filter.model);
  return (
    <>
      <Choice
        label={common('state')}
        value={filter.state}
        onChange={(value) => set('state', value)}
        options={states.map((state) => [state, common(state)])}
      />
      <Choice
        label={common('model')}
        value={filter.model}
        onChange={(value) => set('model', value)}
        options={[...names].map((name) => [name, name])}
        hint={models.error === undefined ? undefined : say('modelsMissing')}
      />
      <Choice
        label={say('action')}
        value={filter.action}
        onChange={(value) => set('action', value)}
        options={actions.map((action) => [action, common(action)])}
      />
    </>
  );
}

function Choice({
  label,
  value = '',
  options,
  hint,
  onChange,
}: {
  label: string;
  value: string | undefined;
  options: readonly (readonly [value: string, text: string])[];
  hint?: string | undefined;
  onChange: (value: string) => void;
}) {
  const common = useWords(commonWords);
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">{common('all')}</option>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      {hint !== undefined && <span className="hint">{hint}</span>}
    </label>
  );
}

function Time({
  name,
  label,
  value,
  set,
}: {
  name: string;
  label: string;
  value: number | undefined;
  set: Set;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        value={toField(value === undefined ? null : String(value))}
        onChange={({ target }) => set(name, String(fromField(target.value) ?? ''))}
      />
    </label>
  );
}

/** Asked for when it is whole: with the enter key, or when the field is left. */
function Metadata({ value, set }: { value: string; set: Set }) {
  const say = useWords(tasksWords);
  const [text, setText] = useState(value);
  const [isBad, setBad] = useState(false);
  const id = useId();
  useEffect(() => setText(value), [value]);
  function take(): void {
    const bad = text.trim() !== '' && readMetadata(text) === undefined;
    setBad(bad);
    if (!bad) set('metadata', text.trim());
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
