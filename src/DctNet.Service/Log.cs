using Microsoft.Extensions.Logging;

namespace DctNet.Service;

/// <summary>Every line that the service logs. No picture, key or file name is ever a parameter.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed.")]
    public static partial void UnhandledException(this ILogger logger, Exception exception, string method);

    [LoggerMessage(7, LogLevel.Debug, "{Method} was cut short.")]
    public static partial void CallCutShort(this ILogger logger, Exception exception, string method);

    [LoggerMessage(2, LogLevel.Information, "Execution provider: {Provider}. {Reason}")]
    public static partial void ExecutionProviderChosen(this ILogger logger, string provider, string reason);

    [LoggerMessage(3, LogLevel.Warning, "No watermark key is configured (DctNet:Watermark:KeyFile); using the development key {KeyId} in {Path}.")]
    public static partial void DevelopmentKey(this ILogger logger, string keyId, string path);

    [LoggerMessage(40, LogLevel.Warning, "No signer of content credentials is configured (DctNet:C2pa); using the development certificates in {Path}, which nobody else trusts.")]
    public static partial void DevelopmentCertificates(this ILogger logger, string path);

    [LoggerMessage(41, LogLevel.Error, "A result could not be signed, and its caller was told to try again. {Problem}")]
    public static partial void SigningFailed(this ILogger logger, string problem);

    [LoggerMessage(42, LogLevel.Information, "Content credentials are signed by {Signer} ({Algorithm}), with {Key}.")]
    public static partial void Signing(this ILogger logger, string signer, string algorithm, string key);

    [LoggerMessage(43, LogLevel.Warning, "The certificate that signs content credentials is valid from {From} to {To} only: readers call what it signs now invalid.")]
    public static partial void CertificateOutOfDate(this ILogger logger, string from, string to);

    [LoggerMessage(44, LogLevel.Information, "No content credentials are signed (DctNet:C2pa:Enabled is false).")]
    public static partial void SigningDisabled(this ILogger logger);

    [LoggerMessage(4, LogLevel.Information, "Warm-up done in {Seconds:F2} s; ready.")]
    public static partial void WarmedUp(this ILogger logger, double seconds);

    [LoggerMessage(5, LogLevel.Critical, "Warm-up failed; the server stops.")]
    public static partial void WarmupFailed(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Draining: health says NOT_SERVING, new calls are taken for {Seconds} s more.")]
    public static partial void Draining(this ILogger logger, int seconds);

    [LoggerMessage(8, LogLevel.Information, "Models exchanged in {Seconds:F2} s: {Models}.")]
    public static partial void ModelsExchanged(this ILogger logger, string models, double seconds);

    [LoggerMessage(9, LogLevel.Error, "The new models are not used, the old ones stay: {Reason}")]
    public static partial void ModelsRefused(this ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Error, "The spool cannot be written or read.")]
    public static partial void SpoolFailed(this ILogger logger, Exception exception);

    [LoggerMessage(21, LogLevel.Information, "The spool had {Sessions} sessions with {Items} items; their callers can resume them.")]
    public static partial void SpoolRecovered(this ILogger logger, int sessions, int items);

    [LoggerMessage(22, LogLevel.Information, "A bulk session that nobody resumed was deleted with {Items} items.")]
    public static partial void SessionExpired(this ILogger logger, int items);

    [LoggerMessage(50, LogLevel.Information, "Ledger: {Location}.")]
    public static partial void LedgerOpened(this ILogger logger, string location);

    [LoggerMessage(51, LogLevel.Error, "{Count} record(s) could not be committed; their callers were told to try again.")]
    public static partial void LedgerWriteFailed(this ILogger logger, Exception exception, int count);

    [LoggerMessage(54, LogLevel.Error, "The ledger could not be read.")]
    public static partial void LedgerReadFailed(this ILogger logger, Exception exception);

    [LoggerMessage(52, LogLevel.Information, "{Count} record(s) older than {Days} days were deleted from the ledger.")]
    public static partial void LedgerSwept(this ILogger logger, int count, int days);

    [LoggerMessage(53, LogLevel.Warning, "Old records could not be deleted from the ledger; the next try is in an hour.")]
    public static partial void LedgerSweepFailed(this ILogger logger, Exception exception);
}
