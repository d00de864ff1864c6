// Request of a task, and the button that edits and sends it again.

import type { SubmitBody, TaskData, TaskRequestData } from '@plantain/client';
import { Link, useLocation } from 'wouter';
import { CodeButton } from '../../code/code-button.tsx';
import { CopyButton } from '../../parts/form/copy-button.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { PictureImage } from '../../parts/picture/image.tsx';
import { isSigned, renditionOf } from '../../parts/picture/links.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import type { Loaded } from '../../use-load.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import { fillFormFrom } from '../playground/reuse.ts';
import { Fact, Facts } from '../../parts/facts/facts.tsx';
import { tasksWords } from './words.ts';

const renditionSide = 192;

export function TaskRequest({
  task,
  loaded: { value: request, error, reload },
}: {
  task: TaskData;
  loaded: Loaded<TaskRequestData>;
}) {
  const say = useWords(tasksWords);
  return (
    <section className="card stack">
      <div className="page-head">
        <h2>{say('request')}</h2>
        {request !== undefined && <CodeButton bodyOf={() => bodyOf(request)} isSmall />}
      </div>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {request === undefined && error === undefined && <Loading />}
      {request !== undefined && <Asked request={request} task={task} />}
    </section>
  );
}

/** Body of a submit that asks for the same. */
function bodyOf(request: TaskRequestData): SubmitBody {
  const { task_id: _, action: __, prompt_deleted: ___, image_urls: links, ...rest } = request;
  return links.length === 0 ? rest : { ...rest, image_urls: links };
}

/** Button that opens the playground, filled with this request. */
export function EditAndRerun({ request, isMade }: { request: TaskRequestData; isMade: boolean }) {
  const say = useWords(tasksWords);
  const [, navigate] = useLocation();
  return (
    <button
      type="button"
      className="button small"
      title={say('reuseLong')}
      onClick={() => {
        fillFormFrom(request, { isMade });
        navigate('/playground');
      }}
    >
      <Icon name="wand" />
      {say('reuse')}
    </button>
  );
}

function Asked({ request, task }: { request: TaskRequestData; task: TaskData }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const format = useFormat();
  const { prompt, image_urls: links, seed, count, callback_url: callback, metadata = {} } = request;
  const { batch_id: batch, retry_of: retryOf } = task;
  return (
    <>
      {request.prompt_deleted === true ? (
        <p className="muted">{say('promptDeleted')}</p>
      ) : (
        <div className="task-prompt">
          {/* It can have the focus, so that keys scroll a long prompt. */}
          <p tabIndex={0}>{prompt}</p>
          <CopyButton text={prompt} label={say('copyPrompt')} />
        </div>
      )}
      {links.length > 0 && <Inputs links={links} mask={request.mask} />}
      <Facts>
        <Fact name={sayFact('model')}>{request.model}</Fact>
        <Fact name={say('action')}>{sayFact(request.action)}</Fact>
        <Fact name={say('ratio')}>{request.aspect_ratio}</Fact>
        <Fact name={say('size')}>{request.image_size}</Fact>
        {count !== undefined && <Fact name={say('pictureCount')}>{count}</Fact>}
        {seed !== undefined && <Fact name={say('seed')}>{seed}</Fact>}
        {(['quality', 'background', 'moderation'] as const).map(
          (name) =>
            request[name] !== undefined && (
              <Fact key={name} name={say(name)}>
                {request[name]}
              </Fact>
            ),
        )}
        <Fact name={say('deadline')}>{format.duration(request.deadline_seconds)}</Fact>
        {Object.entries(metadata).map(([name, value]) => (
          <Fact key={name} name={`${say('metadata')}: ${name}`}>
            {value}
          </Fact>
        ))}
        {callback !== undefined && (
          <Fact name={say('callback')}>
            <code>{callback}</code>
          </Fact>
        )}
        {batch !== undefined && (
          <Fact name={say('batch')}>
            <code>{batch}</code>
          </Fact>
        )}
        {retryOf !== undefined && (
          <Fact name={say('retryOf')}>
            <Link href={`/tasks/${retryOf}`} className="mono">
              {retryOf}
            </Link>
          </Fact>
        )}
      </Facts>
    </>
  );
}

/** Input pictures. Those on other servers are shown as links, since this page loads nothing from elsewhere. */
function Inputs({ links, mask }: { links: readonly string[]; mask?: string | undefined }) {
  const say = useWords(tasksWords);
  const shown = links.map((link, index) => ({ link, name: say('inputNumber', { number: index + 1 }) }));
  if (mask !== undefined) shown.push({ link: mask, name: say('mask') });
  return (
    <ol className="task-inputs" aria-label={say('inputs')}>
      {shown.map(({ link, name }, index) => (
        // The list never changes.
        <li key={index}>
          {isSigned(link) ? (
            <PictureImage
              src={renditionOf(link, { width: renditionSide, height: renditionSide })}
              alt={name}
            />
          ) : (
            <code title={`${name}: ${say('outsideInput')}`}>{link}</code>
          )}
        </li>
      ))}
    </ol>
  );
}
