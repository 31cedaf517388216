/* A server's TLS identity for a test: a certification authority of its own, made at each start, and a certificate of it for one
 * host name. Nothing here outlives the test or is trusted by anybody else. */
#ifndef DRSH_TESTS_IDENTITY_H
#define DRSH_TESTS_IDENTITY_H

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>

/* An unsigned certificate for `common_name`, good for an hour; issued by `issuer`, itself if NULL. */
static inline X509 *identity_certificate(const char *common_name, EVP_PKEY *key, X509 *issuer, int nid, const char *extension) {
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *added = X509V3_EXT_conf_nid(NULL, NULL, nid, extension);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer == NULL ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer == NULL ? name : X509_get_subject_name(issuer));
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, added, -1);
    X509_EXTENSION_free(added);
    return certificate;
}

/* A server's context for `host`; the authority's certificate is written to `authority_file`. NULL if anything fails. */
static inline SSL_CTX *identity_new(const char *host, const char *authority_file) {
    char names[300];
    EVP_PKEY *authority_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *authority = identity_certificate("drsh tests", authority_key, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509 *certificate;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    FILE *out = fopen(authority_file, "w");
    bool good;

    snprintf(names, sizeof names, "DNS:%s", host);
    certificate = identity_certificate(host, key, authority, NID_subject_alt_name, names);
    good = X509_sign(authority, authority_key, EVP_sha256()) > 0 && X509_sign(certificate, authority_key, EVP_sha256()) > 0 &&
           out != NULL && PEM_write_X509(out, authority) == 1 && SSL_CTX_use_certificate(context, certificate) == 1 &&
           SSL_CTX_use_PrivateKey(context, key) == 1;
    if (out != NULL && fclose(out) != 0) {
        good = false;
    }
    X509_free(certificate);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    if (!good) {
        SSL_CTX_free(context);
        context = NULL;
    }
    return context;
}

#endif
