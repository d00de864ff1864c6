// The wire types of the models that requests may name.

/** A model, as the routes of this server serve it (Plantain). */
export interface ModelData {
  name: string;
  /** Other names that are taken for it. */
  aliases: string[];
  /** Values that `aspect_ratio` may have besides `auto`. */
  aspect_ratios: string[];
  /** Values that `image_size` may have, smallest first. */
  image_sizes: string[];
  /** How many pictures it takes; 0 where it can't edit. */
  max_inputs: number;
  /** Whether a seed reaches it, whichever upstream serves the task. */
  takes_seed: boolean;
  /** Whether an upstream of it takes a mask; absent in answers of older servers. */
  takes_mask?: boolean;
  /** The model that makes its pictures, where no upstream serves it. */
  stand_in?: string;
  /**
   * Estimates of what a picture without inputs costs its owner, in micro-dollars, by `image_size`. Sizes whose price is not known are left
   * out; absent in answers of older servers.
   */
  picture_micro_usd?: Record<string, number>;
}

/** Models that requests may name (Plantain). */
export interface ModelsData {
  models: ModelData[];
  /** Serves requests that name none. */
  default_model: string;
}
