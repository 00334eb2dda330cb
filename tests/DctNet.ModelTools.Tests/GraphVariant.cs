namespace DctNet.ModelTools.Tests;

/// <summary>How an exporter may name, split and fold what is the same network.</summary>
internal sealed record GraphVariant
{
    public static IReadOnlyDictionary<string, GraphVariant> All { get; } = new Dictionary<string, GraphVariant>
    {
        ["frozen by freeze_graph"] = new(),
        ["imported under a scope"] = new() { Scope = "model_head/" },
        ["stripped by optimize_for_inference"] = new() { ReadNodes = false, AddV2 = true },
        ["named by its position alone"] = new() { ReadNodes = false, OfficialNames = false },
        ["fused by Grappler"] = new() { Fused = true, AddV2 = true },
        ["fused without activations"] = new() { Fused = true, ReluAsMaximum = true },
        ["leaky ReLU as a maximum"] = new() { ReluAsMaximum = true },
        ["leaky ReLU as ReLU and a product"] = new() { ReluAsSum = true },
        ["batch normalisation"] = new() { BatchNorm = true },
        ["batch normalisation folded to product and sum"] = new() { BatchNormAsProduct = true },
        ["padding of its own"] = new() { PadNodes = true },
        ["float16 weights"] = new() { HalfWeights = true },
        ["values without raw content"] = new() { RawContent = false },
        ["constants folded"] = new() { Products = true, FixedSide = 48 },
        ["of fixed size, sizes computed"] = new() { FixedSide = 48, ComputedSizes = true },
        ["with a batch dimension"] = new() { Batch = true },
        ["of unknown rank"] = new() { UnknownRank = true },
        ["with control inputs and ports"] = new() { Ports = true },
        ["average pools in the guided filter"] = new() { Pools = true },
        ["a uint8 result"] = new() { ByteResult = true },
        ["the stretch to 0..255 folded"] = new() { FoldedStretch = true },
        ["ending in reversals and a slice"] = new() { Turned = true },
    };

    public string Scope { get; init; } = "";

    public bool OfficialNames { get; init; } = true;

    public bool ReadNodes { get; init; } = true;

    public bool AddV2 { get; init; }

    public bool Fused { get; init; }

    public bool ReluAsMaximum { get; init; }

    public bool ReluAsSum { get; init; }

    public bool BatchNorm { get; init; }

    public bool BatchNormAsProduct { get; init; }

    public bool PadNodes { get; init; }

    public bool HalfWeights { get; init; }

    public bool RawContent { get; init; } = true;

    public bool Products { get; init; }

    public int? FixedSide { get; init; }

    public bool ComputedSizes { get; init; }

    public bool Batch { get; init; }

    public bool UnknownRank { get; init; }

    public bool Ports { get; init; }

    public bool Pools { get; init; }

    public bool ByteResult { get; init; }

    public bool FoldedStretch { get; init; }

    public bool Turned { get; init; }

    /// <summary>Not DCT-Net any more: it draws pictures of its own size alone.</summary>
    public bool SizeLeaks { get; init; }
}
