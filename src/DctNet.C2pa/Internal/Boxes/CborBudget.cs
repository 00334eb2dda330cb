namespace DctNet.C2pa.Internal.Boxes;

/// <summary>How many CBOR items a hostile store may still make, in all that is read of it: each takes a hundred times the byte that it comes from.</summary>
internal sealed class CborBudget
{
    // A history of thirty manifests of c2pa-rs has 5,000.
    public int Items { get; set; } = 200_000;
}
