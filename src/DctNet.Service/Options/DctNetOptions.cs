using System.ComponentModel.DataAnnotations;
using DctNet.Core.Inference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DctNet.Service.Options;

/// <summary>Everything that can be configured: section <c>DctNet</c>, in the environment <c>DctNet__Limits__MaxPixels</c> and so on.</summary>
/// <remarks>Properties are settable for the generated configuration binder, which cannot set init-only ones; nothing sets them later.</remarks>
public sealed record DctNetOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "DctNet";

    [ValidateObjectMembers]
    public PortOptions Ports { get; set; } = new();

    [ValidateObjectMembers]
    public LimitOptions Limits { get; set; } = new();

    [ValidateObjectMembers]
    public BulkOptions Bulk { get; set; } = new();

    [ValidateObjectMembers]
    public DrainOptions Drain { get; set; } = new();

    [ValidateObjectMembers]
    public LabelOptions Label { get; set; } = new();

    [ValidateObjectMembers]
    public C2paOptions C2pa { get; set; } = new();

    [ValidateObjectMembers]
    public LedgerOptions Ledger { get; set; } = new();

    [ValidateObjectMembers]
    public ModelOptions Models { get; set; } = new();

    public WatermarkOptions Watermark { get; set; } = new();

    [Required]
    public InferenceOptions Inference { get; set; } = new();

    /// <summary>Reads and validates. Options do not change while the service runs, so this happens once, before anything is built.</summary>
    /// <exception cref="StartupException">A value is missing, of the wrong type or out of range.</exception>
    public static DctNetOptions Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = new DctNetOptions();
        try
        {
            configuration.GetSection(Section).Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The configuration cannot be read: {exception.Message}", exception);
        }

        var result = new DctNetOptionsValidator().Validate(Section, options);
        var problem = result.Failed ? result.FailureMessage : options.Inference.Validate() ?? options.Bulk.Validate(options.Limits) ?? options.C2pa.Validate();
        return problem is null ? options : throw new StartupException($"The configuration is not valid: {problem}");
    }
}
