// What the training knows of a data set, whatever layout it was read from.

export interface CaptionedPhoto {
  /** File name below the data set's folder of images. */
  file: string;
  /** As people wrote them; five in Flickr8k. */
  captions: string[];
}

export interface CaptionDataset {
  /** Absolute path of the folder that the photos lie in. */
  imageFolder: string;
  train: CaptionedPhoto[];
  dev: CaptionedPhoto[];
  /** Pictures that lie there without a caption, where the layout means every one to have some. */
  uncaptioned: string[];
}

export type Split = 'train' | 'dev';
export const splits: readonly Split[] = ['train', 'dev'];
