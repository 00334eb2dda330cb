namespace DctNet.C2pa.Verification;

/// <summary>What a verifier found.</summary>
/// <param name="State">All of it in a word.</param>
/// <param name="Statuses">Each check's outcome in the order of checking.</param>
/// <param name="Manifest">What the active manifest says; null where there is none that can be read.</param>
public sealed record ValidationReport(ValidationState State, IReadOnlyList<ValidationStatus> Statuses, ManifestSummary? Manifest)
{
    /// <summary>No manifest.</summary>
    public static ValidationReport Absent { get; } = new(ValidationState.Absent, [], null);

    /// <summary>
    /// True where the active manifest's hash leaves out more of the file than the manifest store. C2PA calls that valid; but what lies there may be
    /// anybody's, also where a store was made shorter to make room in what its signer had left out.
    /// </summary>
    public bool LeavesBytesOut => Statuses.Any(status => status is
    {
        Code: StatusCodes.DataHashAdditionalExclusions or StatusCodes.BmffHashAdditionalExclusions or StatusCodes.BoxesHashAdditionalExclusions,
        OfIngredient: false,
    });

    /// <summary>The status codes, each once.</summary>
    public IReadOnlyList<string> Codes => [.. Statuses.Select(status => status.Code).Distinct()];
}
