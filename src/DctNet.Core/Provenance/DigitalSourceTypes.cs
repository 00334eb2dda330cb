namespace DctNet.Core.Provenance;

/// <summary>
/// The IPTC digital source types that speak of AI, as full URIs of the NewsCodes vocabulary
/// (http://cv.iptc.org/newscodes/digitalsourcetype/).
/// </summary>
public static class DigitalSourceTypes
{
    public const string Prefix = "http://cv.iptc.org/newscodes/digitalsourcetype/";

    /// <summary>Created by a trained model: every pixel is synthesised anew.</summary>
    public const string TrainedAlgorithmicMedia = Prefix + "trainedAlgorithmicMedia";

    /// <summary>Edited with a trained model: original pixels survive beside synthesised ones.</summary>
    public const string CompositeWithTrainedAlgorithmicMedia = Prefix + "compositeWithTrainedAlgorithmicMedia";

    /// <summary>Drawn by an algorithm that was not trained on samples.</summary>
    public const string AlgorithmicMedia = Prefix + "algorithmicMedia";

    /// <summary>
    /// True for a type that claims generative AI. The bare word and an https URI are taken as well, since other writers use them.
    /// </summary>
    public static bool ClaimsGenerativeAi(string? value)
    {
        if (value is null)
        {
            return false;
        }

        var term = value[(value.LastIndexOf('/') + 1)..];
        return term is "trainedAlgorithmicMedia" or "compositeWithTrainedAlgorithmicMedia" or "compositeSynthetic";
    }
}
