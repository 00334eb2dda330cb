using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>The outcomes of the checks of one manifest.</summary>
internal sealed class StatusLog
{
    // A hostile store can fail ten thousand checks; nobody reads them all.
    private const int MaxStatuses = 1000;

    private readonly List<ValidationStatus> _statuses = [];
    private readonly HashSet<(string Code, bool OfIngredient)> _kinds = [];

    public IReadOnlyList<ValidationStatus> Statuses => _statuses;

    /// <summary>True where something does not hold. A signer who is not trusted is no such thing, nor is what cannot be examined.</summary>
    public bool HasFailure { get; private set; }

    /// <summary>True where something of this manifest is made in a way that is not examined here: nobody knows whether it holds.</summary>
    public bool HasUnsupported { get; private set; }

    public void Pass(string code, string url) => Add(new ValidationStatus(code, StatusKind.Success, url));

    public void Note(string code, string url, string? explanation = null) =>
        Add(new ValidationStatus(code, StatusKind.Informational, url, explanation));

    public void Fail(string code, string url, string? explanation = null) =>
        Add(new ValidationStatus(code, StatusKind.Failure, url, explanation));

    public void Add(ValidationStatus status)
    {
        HasFailure |= status is { Kind: StatusKind.Failure, Code: not (StatusCodes.CredentialUntrusted or StatusCodes.AlgorithmUnsupported) };
        HasUnsupported |= status is { Code: StatusCodes.AlgorithmUnsupported, OfIngredient: false };

        // The first of its kind always: what is asked of a report is whether it has one.
        if (_kinds.Add((status.Code, status.OfIngredient)) || _statuses.Count < MaxStatuses)
        {
            _statuses.Add(status);
        }
    }
}
