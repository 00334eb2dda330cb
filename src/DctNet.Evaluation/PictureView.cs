namespace DctNet.Evaluation;

/// <summary>What of a photo is drawn and compared.</summary>
public enum PictureView
{
    /// <summary>The aligned head of its first face, 288², by one pass.</summary>
    Head,

    /// <summary>All of it, by the whole recipe: background, heads, blend.</summary>
    Whole,
}
