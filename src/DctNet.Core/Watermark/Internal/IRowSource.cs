namespace DctNet.Core.Watermark;

/// <summary>A picture that is read row by row, so that a large one need not be held as floats.</summary>
internal interface IRowSource
{
    int Width { get; }

    int Height { get; }

    /// <summary>Row y as floats: a view of the source's own memory where it has one, else written to the scratch.</summary>
    ReadOnlySpan<float> Row(int y, Span<float> scratch);
}
