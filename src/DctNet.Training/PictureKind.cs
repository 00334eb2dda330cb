namespace DctNet.Training;

/// <summary>What is cut from a photo for the teacher; also the first part of a cached pair's file name.</summary>
internal static class PictureKind
{
    /// <summary>The first face, aligned to 288²; where the photo ends, its edge repeats.</summary>
    public const string Head = "head";

    /// <summary>
    /// The same from nearer or farther, turned, bent a little, perhaps with parts of another head, mirrored and under another light; as many
    /// as <c>--variants</c> says.
    /// </summary>
    public const string Varied = "varied";

    /// <summary>The whole photo, padded with white.</summary>
    public const string Whole = "whole";
}
