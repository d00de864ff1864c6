// How much the operator sees of tasks of other keys: a setting, which every user is told.

import type { OperatorSees } from '@plantain/client';

export type { OperatorSees };

export const operatorSees = ['nothing', 'records', 'everything'] as const satisfies readonly OperatorSees[];
