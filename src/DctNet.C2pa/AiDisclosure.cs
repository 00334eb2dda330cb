namespace DctNet.C2pa;

/// <summary>Which model made the picture (<c>c2pa.ai-disclosure</c>).</summary>
/// <param name="ModelName">The model's name and version.</param>
/// <param name="Oversight">The hand that people had in it.</param>
public sealed record AiDisclosure(string ModelName, HumanOversight Oversight)
{
    /// <summary>Kind of the model, of C2PA's asset types. Defaults to <c>c2pa.types.model</c>.</summary>
    public string ModelType { get; init; } = "c2pa.types.model";
}
