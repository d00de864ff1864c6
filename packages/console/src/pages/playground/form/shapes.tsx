// Choices of ratio and size: radio buttons with a rectangle of that shape.

import { type ReactNode, useId } from 'react';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

/** Longest and shortest side of a shape, in pixels. */
const maxSide = 26;
const minSide = 5;

export function RatioChoice({
  ratios,
  value,
  onChange,
}: {
  ratios: readonly string[];
  value: string;
  onChange: (ratio: string) => void;
}) {
  const say = useWords(playgroundWords);
  return (
    <Choices legend={say('ratio')} options={['auto', ...ratios]} value={value} onChange={onChange}>
      {(ratio) => (
        <>
          <span className="shape-box">
            <span className={ratio === 'auto' ? 'shape any' : 'shape'} style={shapeOf(ratio)} />
          </span>
          {ratio === 'auto' ? say('auto') : ratio}
        </>
      )}
    </Choices>
  );
}

export function SizeChoice({
  sizes,
  value,
  onChange,
}: {
  sizes: readonly string[];
  value: string;
  onChange: (size: string) => void;
}) {
  const say = useWords(playgroundWords);
  return (
    <Choices legend={say('size')} options={sizes} value={value} onChange={onChange}>
      {(size) => {
        const side = (maxSide * (sizes.indexOf(size) + 1)) / sizes.length;
        return (
          <>
            <span className="shape-box">
              <span className="shape" style={{ width: side, height: side }} />
            </span>
            {size}
          </>
        );
      }}
    </Choices>
  );
}

export function Choices({
  legend,
  options,
  value,
  onChange,
  children,
}: {
  legend: string;
  options: readonly string[];
  value: string;
  onChange: (option: string) => void;
  children: (option: string) => ReactNode;
}) {
  const name = useId();
  return (
    <fieldset className="choice-field">
      <legend>{legend}</legend>
      <div className="choice-list">
        {options.map((option) => (
          <label key={option} className="choice">
            <input
              type="radio"
              className="visually-hidden"
              name={name}
              value={option}
              checked={option === value}
              onChange={() => onChange(option)}
            />
            {children(option)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function shapeOf(ratio: string): { width: number; height: number } {
  const [width = 1, height = 1] = ratio === 'auto' ? [1, 1] : ratio.split(':').map(Number);
  const scale = maxSide / Math.max(width, height);
  return { width: Math.max(minSide, width * scale), height: Math.max(minSide, height * scale) };
}
