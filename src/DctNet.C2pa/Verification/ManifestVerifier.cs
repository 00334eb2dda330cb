using System.Security.Cryptography;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Internal.Validation;

namespace DctNet.C2pa.Verification;

/// <summary>
/// Examines the manifest in a JPEG, PNG, WebP or AVIF (and others of its family) by C2PA 2.4, and those of earlier versions with claims of
/// version 1. Looks nothing up on the network: neither remote manifests nor revocation.
/// </summary>
/// <remarks>Safe for concurrent use. Whatever the bytes are, it answers and does not throw.</remarks>
/// <param name="trust">Whom to believe.</param>
/// <param name="time">The clock by which certificates expire; null for the system's.</param>
public sealed class ManifestVerifier(TrustList trust, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Examines a file's manifest.</summary>
    public ValidationReport Verify(ReadOnlyMemory<byte> asset) => Read(asset).Report;

    /// <summary>The manifests of a file and how they are, to be put into the store of a file made from it.</summary>
    internal CarriedManifests? Carry(ReadOnlyMemory<byte> asset)
    {
        var (store, report) = Read(asset);
        return store is null || report.Manifest is null ? null : CarriedManifests.From(store, report);
    }

    private (JumbfBox? Store, ValidationReport Report) Read(ReadOnlyMemory<byte> asset)
    {
        if (AssetContainer.Recognize(asset.Span) is not { } container)
        {
            return (null, ValidationReport.Absent);
        }

        try
        {
            if (container.Find(asset) is not { } location)
            {
                return (null, ValidationReport.Absent);
            }

            var store = JumbfBox.Parse(location.Store);
            return (store, new StoreValidator(store, asset, location, trust, _time.GetUtcNow()).Validate());
        }
        catch (Exception problem) when (
            problem is MalformedException or CryptographicException or ArgumentException or InvalidOperationException or ArithmeticException or NotSupportedException)
        {
            // All but the first come from platform code that meets a certificate or token nobody foresaw: still a bad file and no fault of ours.
            var status = new ValidationStatus(StatusCodes.GeneralError, StatusKind.Failure, "", problem.Message);
            return (null, new ValidationReport(ValidationState.Invalid, [status], null));
        }
    }
}
