namespace DctNet.C2pa.Internal.Containers;

/// <summary>A part of a file under the name that <c>c2pa.hash.boxes</c> has for it.</summary>
internal readonly record struct NamedBox(string Name, int Start, int End)
{
    /// <summary>The name of the manifest store, whatever the format calls what it lies in.</summary>
    public const string Store = "C2PA";

    /// <summary>A picture has a dozen or two; a PNG in small chunks, some thousand.</summary>
    public const int MaxCount = 20_000;
}
